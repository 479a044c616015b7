/** Queries to try. A sample may need the cities table and bundled extensions, which are loaded first. */

export interface Sample {
  readonly title: string;
  readonly about: string;
  readonly cities?: true;
  /** Names, with the optional capabilities that the sample needs. */
  readonly extensions?: Readonly<Record<string, readonly string[]>>;
  readonly sql: string;
}

export const SAMPLES: readonly Sample[] = [
  {
    title: "Cities by pattern",
    about: "regexp and sha256 over GeoNames (CC BY 4.0)",
    cities: true,
    extensions: { regexp: [], hashes: [] },
    sql: `-- Cities whose name is two words that begin alike, by country.
SELECT country, count(*) AS cities, min(name) AS first,
       substr(sha256(group_concat(name, char(10))), 1, 16) AS fingerprint
FROM (SELECT country, name FROM city
      WHERE name REGEXP '^(?:B\\w+ B|M\\w+ M|S\\w+ S)\\w+$'
      ORDER BY country, name)
GROUP BY country
ORDER BY cities DESC, country
LIMIT 20;`,
  },
  {
    title: "Pull text apart",
    about: "regexp_extract and regexp_replace",
    extensions: { regexp: [] },
    sql: `WITH log(line) AS (VALUES
  ('2026-11-22 10:15:03 GET /index.html 200'),
  ('2026-11-22 10:15:04 POST /login 302'),
  ('2026-11-22 10:15:09 GET /missing 404'))
SELECT regexp_extract(line, '\\d\\d:\\d\\d:\\d\\d') AS time,
       regexp_extract(line, '(GET|POST) (\\S+)', 2) AS path,
       regexp_replace(line, '^.*(\\d{3})$', '$1') AS status
FROM log;`,
  },
  {
    title: "Identifiers",
    about: "uuid, which asks for random bytes",
    extensions: { uuid: [] },
    sql: `-- MATERIALIZED: without it SQLite would call uuid() anew for each use of id.
WITH made AS MATERIALIZED (SELECT uuid() AS id FROM (VALUES (1), (2), (3), (4), (5)))
SELECT id, uuid_version(id) AS version, hex(uuid_blob(id)) AS bytes FROM made;`,
  },
  {
    title: "Moving median",
    about: "stats: aggregates that are window functions too",
    cities: true,
    extensions: { stats: [] },
    sql: `-- How far north the cities of each country are, and how that moves from one country to the next.
WITH country AS (
  SELECT country, count(*) AS cities, median(latitude) AS middle, stddev(latitude) AS spread
  FROM city GROUP BY country HAVING count(*) >= 100)
SELECT country, cities, round(middle, 2) AS middle, round(spread, 2) AS spread,
       round(median(middle) OVER (ORDER BY country ROWS 4 PRECEDING), 2) AS "median of five"
FROM country ORDER BY country;`,
  },
  {
    title: "Nearest vectors",
    about: "vec: a virtual table that SQL writes to",
    cities: true,
    extensions: { vec: ["spi.read", "spi.write"] },
    sql: `-- Every city is a point on the unit sphere; the nearest to Paris.
DROP TABLE IF EXISTS place;
CREATE VIRTUAL TABLE place USING vec_index(dimensions = 3, metric = l2);
INSERT INTO place(rowid, vector)
SELECT rowid, json_array(cos(radians(latitude)) * cos(radians(longitude)),
                         cos(radians(latitude)) * sin(radians(longitude)), sin(radians(latitude)))
FROM city;
SELECT name, country, round(2 * 6371 * asin(distance / 2), 1) AS km
FROM place JOIN city ON city.rowid = place.rowid
WHERE vector MATCH json_array(cos(radians(48.8534)) * cos(radians(2.3488)),
                              cos(radians(48.8534)) * sin(radians(2.3488)), sin(radians(48.8534))) AND k = 10
ORDER BY distance;`,
  },
  {
    title: "Text as a table",
    about: "csv, with types that it finds by itself",
    extensions: { csv: [] },
    sql: `DROP TABLE IF EXISTS sale;
CREATE VIRTUAL TABLE sale USING csv(header = yes, data = 'day,item,amount
2026-11-20,"tea, green",3.50
2026-11-20,coffee,2.80
2026-11-21,"tea, green",7.00
2026-11-22,coffee,');
SELECT item, count(*) AS sales, count(amount) AS paid, sum(amount) AS total, typeof(max(amount)) AS "type" FROM sale GROUP BY item;`,
  },
  {
    title: "Types and NULL",
    about: "how each kind of value is shown",
    sql: `SELECT 42 AS "integer", 9223372036854775807 AS "large integer", 2.5 AS "real",
       'text' AS "text", NULL AS "null", x'53514c' AS "blob";
CREATE TABLE IF NOT EXISTS note(id INTEGER PRIMARY KEY, body TEXT NOT NULL);
INSERT INTO note(body) VALUES ('first'), ('second');
SELECT * FROM note;`,
  },
  {
    title: "Mandelbrot",
    about: "a recursive query, to time the engine",
    sql: `WITH RECURSIVE
  xaxis(x) AS (VALUES(-2.0) UNION ALL SELECT x + 0.025 FROM xaxis WHERE x < 1.2),
  yaxis(y) AS (VALUES(-1.0) UNION ALL SELECT y + 0.05 FROM yaxis WHERE y < 1.0),
  m(iter, cx, cy, x, y) AS (
    SELECT 0, x, y, 0.0, 0.0 FROM xaxis, yaxis
    UNION ALL
    SELECT iter + 1, cx, cy, x*x - y*y + cx, 2.0*x*y + cy FROM m WHERE x*x + y*y < 4.0 AND iter < 28),
  m2(iter, cx, cy) AS (SELECT max(iter), cx, cy FROM m GROUP BY cx, cy),
  a(t) AS (SELECT group_concat(substr(' .+*#', 1 + min(iter / 7, 4), 1), '') FROM m2 GROUP BY cy)
SELECT rtrim(t) AS picture FROM a;`,
  },
  {
    title: "Endless query",
    about: "to try the Stop button",
    sql: `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
SELECT count(*) FROM n;`,
  },
];
