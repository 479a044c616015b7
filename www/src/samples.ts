/** Queries to try. A sample may need the cities table and bundled extensions, which are loaded first. */

import type { BundledName } from "./bundled.ts";

export interface Sample {
  readonly title: string;
  readonly about: string;
  readonly cities?: true;
  readonly extensions?: readonly BundledName[];
  readonly sql: string;
}

export const SAMPLES: readonly Sample[] = [
  {
    title: "Cities by pattern",
    about: "regexp and sha256 over GeoNames (CC BY 4.0)",
    cities: true,
    extensions: ["regexp", "hashes"],
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
    extensions: ["regexp"],
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
    extensions: ["uuid"],
    sql: `-- MATERIALIZED: without it SQLite would call uuid() anew for each use of id.
WITH made AS MATERIALIZED (SELECT uuid() AS id FROM (VALUES (1), (2), (3), (4), (5)))
SELECT id, uuid_version(id) AS version, hex(uuid_blob(id)) AS bytes FROM made;`,
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
