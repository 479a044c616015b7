//! SQLink extension `geo`: distances and directions on Earth, geohashes, and geometries as WKT or GeoJSON.
//!
//! Functions on places take latitude and longitude in degrees, in this order. Functions on geometries are named as in
//! PostGIS and take text, WKT or GeoJSON, where longitude comes first. Everything is deterministic and innocuous, imports
//! nothing but the log, and keeps nothing between calls.
#![forbid(unsafe_code)]

mod earth;
mod geometry;

use earth::{degrees, finite, point};
use geo::{
    Area, Bearing, BoundingRect, Centroid, ConvexHull, Coord, CoordsIter, Destination, Distance, Euclidean, Geodesic,
    GeodesicArea, Geometry, HasDimensions, Haversine, InterpolatePoint, Intersects, Length, LineString, Polygon,
    Relate, Simplify, Validation,
};
use geohash::Direction;
use geometry::{lines, parse, polygons, to_geojson, to_wkt};
use sqlink_guest::prelude::*;

/// Metres between two places on a sphere of the Earth's mean radius.
#[scalar(deterministic, innocuous)]
fn haversine(lat1: f64, lon1: f64, lat2: f64, lon2: f64) -> Result<f64, Error> {
    Ok(Haversine.distance(point("haversine", 1, lat1, lon1)?, point("haversine", 3, lat2, lon2)?))
}

/// Metres between two places on the ellipsoid WGS 84.
#[scalar(deterministic, innocuous)]
fn geodesic_distance(lat1: f64, lon1: f64, lat2: f64, lon2: f64) -> Result<f64, Error> {
    Ok(Geodesic.distance(point("geodesic_distance", 1, lat1, lon1)?, point("geodesic_distance", 3, lat2, lon2)?))
}

/// In which direction the shortest way from the first place begins, in degrees from north by east, 0 up to 360.
#[scalar(deterministic, innocuous)]
fn bearing(lat1: f64, lon1: f64, lat2: f64, lon2: f64) -> Result<f64, Error> {
    Ok(degrees(Haversine.bearing(point("bearing", 1, lat1, lon1)?, point("bearing", 3, lat2, lon2)?)))
}

/// Where one comes from a place in a direction after so many metres on the sphere, as a WKT point.
#[scalar(deterministic, innocuous)]
fn destination(lat: f64, lon: f64, bearing: f64, metres: f64) -> Result<String, Error> {
    const FUNCTION: &str = "destination";
    let (bearing, metres) = (finite(FUNCTION, 3, bearing)?, finite(FUNCTION, 4, metres)?);
    Ok(to_wkt(&Haversine.destination(point(FUNCTION, 1, lat, lon)?, bearing, metres).into()))
}

/// The place half-way on the sphere, as a WKT point.
#[scalar(deterministic, innocuous)]
fn midpoint(lat1: f64, lon1: f64, lat2: f64, lon2: f64) -> Result<String, Error> {
    let (from, to) = (point("midpoint", 1, lat1, lon1)?, point("midpoint", 3, lat2, lon2)?);
    Ok(to_wkt(&Haversine.point_at_ratio_between(from, to, 0.5).into()))
}

/// The geohash of a place, of so many characters.
#[scalar(deterministic, innocuous)]
fn geohash_encode(lat: f64, lon: f64, #[default(9)] length: i64) -> Result<String, Error> {
    const FUNCTION: &str = "geohash_encode";
    // The last cell has its upper border too; the crate would go on at the other end of the world.
    const BELOW: f64 = 1e-9;
    let place = point(FUNCTION, 1, lat, lon)?;
    let place = geo::Point::new(place.x().min(180.0 - BELOW), place.y().min(90.0 - BELOW));
    match usize::try_from(length) {
        Ok(length @ 1..=12) => Ok(geohash::encode(place.into(), length)?),
        _ => Err(Error::new(
            Error::RANGE,
            ["function `", FUNCTION, "`: argument 3 must be from 1 to 12, found ", &length.to_string()].concat(),
        )),
    }
}

/// The latitude of the middle of a geohash's cell.
#[scalar(deterministic, innocuous)]
fn geohash_lat(hash: &str) -> Result<f64, Error> {
    earth::cell("geohash_lat", hash).map(|(min, max)| f64::midpoint(min.y, max.y))
}

/// The longitude of the middle of a geohash's cell.
#[scalar(deterministic, innocuous)]
fn geohash_lon(hash: &str) -> Result<f64, Error> {
    earth::cell("geohash_lon", hash).map(|(min, max)| f64::midpoint(min.x, max.x))
}

/// A geohash's cell, as a WKT polygon.
#[scalar(deterministic, innocuous)]
fn geohash_cell(hash: &str) -> Result<String, Error> {
    let (min, max) = earth::cell("geohash_cell", hash)?;
    Ok(rectangle(min, max))
}

/// A rectangle as a WKT polygon, from the lower left corner up, as PostGIS writes it.
fn rectangle(min: Coord, max: Coord) -> String {
    let ring = [(min.x, min.y), (min.x, max.y), (max.x, max.y), (max.x, min.y), (min.x, min.y)];
    to_wkt(&Polygon::new(LineString::from(ring.to_vec()), Vec::new()).into())
}

/// The geohash of the next cell to `n`, `ne`, `e`, `se`, `s`, `sw`, `w` or `nw`.
#[scalar(deterministic, innocuous)]
fn geohash_neighbor(hash: &str, direction: &str) -> Result<String, Error> {
    const FUNCTION: &str = "geohash_neighbor";
    let hash = earth::geohash(FUNCTION, hash)?;
    let direction = match direction.to_ascii_lowercase().as_str() {
        "n" => Direction::N,
        "ne" => Direction::NE,
        "e" => Direction::E,
        "se" => Direction::SE,
        "s" => Direction::S,
        "sw" => Direction::SW,
        "w" => Direction::W,
        "nw" => Direction::NW,
        other => {
            let shown: String = other.chars().take(40).collect();
            let message =
                ["function `", FUNCTION, "`: argument 2 must be n, ne, e, se, s, sw, w or nw, found `", &shown, "`"];
            return Err(Error::new(Error::ERROR, message.concat()));
        }
    };
    neighbor(FUNCTION, &hash, direction)
}

/// The geohashes of the eight next cells, as a JSON array from north by east.
#[scalar(deterministic, innocuous)]
fn geohash_neighbors(hash: &str) -> Result<String, Error> {
    const FUNCTION: &str = "geohash_neighbors";
    let hash = earth::geohash(FUNCTION, hash)?;
    let all = [
        Direction::N,
        Direction::NE,
        Direction::E,
        Direction::SE,
        Direction::S,
        Direction::SW,
        Direction::W,
        Direction::NW,
    ];
    let all: Result<Vec<_>, _> = all.into_iter().map(|direction| neighbor(FUNCTION, &hash, direction)).collect();
    Ok(["[\"", &all?.join("\",\""), "\"]"].concat())
}

fn neighbor(function: &str, hash: &str, direction: Direction) -> Result<String, Error> {
    geohash::neighbor(hash, direction).map_err(|_| {
        let message = ["function `", function, "`: there is nothing beyond the pole next to `", hash, "`"];
        Error::new(Error::ERROR, message.concat())
    })
}

/// A WKT point.
#[scalar(deterministic, innocuous)]
fn st_point(x: f64, y: f64) -> Result<String, Error> {
    Ok(to_wkt(&geo::Point::new(finite("st_point", 1, x)?, finite("st_point", 2, y)?).into()))
}

/// The geometry as WKT.
#[scalar(deterministic, innocuous)]
fn st_astext(geometry: &str) -> Result<String, Error> {
    parse("st_astext", 1, geometry).map(|geometry| to_wkt(&geometry))
}

/// The geometry as GeoJSON.
#[scalar(deterministic, innocuous)]
fn st_asgeojson(geometry: &str) -> Result<String, Error> {
    parse("st_asgeojson", 1, geometry).map(|geometry| to_geojson(&geometry))
}

/// True if the text is a geometry and that is valid: rings that don't cross themselves, holes inside, and so on.
#[scalar(deterministic, innocuous)]
fn st_isvalid(geometry: &str) -> bool {
    geometry::read(geometry).is_ok_and(|geometry| geometry.is_valid())
}

/// True if the geometry has no points.
#[scalar(deterministic, innocuous)]
fn st_isempty(geometry: &str) -> Result<bool, Error> {
    parse("st_isempty", 1, geometry).map(|geometry| geometry.is_empty())
}

/// `POINT`, `LINESTRING`, `POLYGON`, `MULTIPOINT`, `MULTILINESTRING`, `MULTIPOLYGON` or `GEOMETRYCOLLECTION`.
#[scalar(deterministic, innocuous)]
fn st_geometrytype(geometry: &str) -> Result<&'static str, Error> {
    parse("st_geometrytype", 1, geometry).map(|geometry| geometry::type_name(&geometry))
}

/// How many points the geometry has; a ring's first one counts twice.
#[scalar(deterministic, innocuous)]
fn st_npoints(geometry: &str) -> Result<i64, Error> {
    Ok(i64::try_from(parse("st_npoints", 1, geometry)?.coords_count())?)
}

/// The first coordinate of a point; NULL for other geometries.
#[scalar(deterministic, innocuous)]
fn st_x(geometry: &str) -> Result<Option<f64>, Error> {
    parse("st_x", 1, geometry).map(|geometry| geo::Point::try_from(geometry).ok().map(geo::Point::x))
}

/// The second coordinate of a point; NULL for other geometries.
#[scalar(deterministic, innocuous)]
fn st_y(geometry: &str) -> Result<Option<f64>, Error> {
    parse("st_y", 1, geometry).map(|geometry| geo::Point::try_from(geometry).ok().map(geo::Point::y))
}

/// Defines the functions that give one side of the bounding rectangle; NULL for an empty geometry.
macro_rules! bounds {
    ($($(#[$doc:meta])* $function:ident: $corner:ident.$axis:ident;)+) => {$(
        $(#[$doc])*
        #[scalar(deterministic, innocuous)]
        fn $function(geometry: &str) -> Result<Option<f64>, Error> {
            Ok(parse(stringify!($function), 1, geometry)?.bounding_rect().map(|rect| rect.$corner().$axis))
        }
    )+};
}

bounds! {
    /// The least first coordinate.
    st_xmin: min.x;
    /// The greatest first coordinate.
    st_xmax: max.x;
    /// The least second coordinate.
    st_ymin: min.y;
    /// The greatest second coordinate.
    st_ymax: max.y;
}

/// The area on the plane, in square units of the coordinates; 0 for what is no polygon.
#[scalar(deterministic, innocuous)]
fn st_area(geometry: &str) -> Result<f64, Error> {
    parse("st_area", 1, geometry).map(|geometry| geometry.unsigned_area())
}

/// The area on the ellipsoid WGS 84, in square metres; the coordinates are degrees.
#[scalar(deterministic, innocuous)]
fn st_area_spheroid(geometry: &str) -> Result<f64, Error> {
    let geometry = spherical("st_area_spheroid", geometry)?;
    let mut area = 0.0;
    // Signed, because the other area of a ring is the rest of the Earth; then neither ring's direction matters.
    let ring = |ring: &LineString| Polygon::new(ring.clone(), Vec::new()).geodesic_area_signed().abs();
    polygons(&geometry, &mut |polygon| {
        area += ring(polygon.exterior()) - polygon.interiors().iter().map(ring).sum::<f64>();
    });
    Ok(area)
}

/// The length of lines on the plane; 0 for points and polygons.
#[scalar(deterministic, innocuous)]
fn st_length(geometry: &str) -> Result<f64, Error> {
    let mut length = 0.0;
    lines(&parse("st_length", 1, geometry)?, &mut |line| length += Euclidean.length(line));
    Ok(length)
}

/// The length of lines on the ellipsoid WGS 84, in metres; the coordinates are degrees.
#[scalar(deterministic, innocuous)]
fn st_length_spheroid(geometry: &str) -> Result<f64, Error> {
    let mut length = 0.0;
    lines(&spherical("st_length_spheroid", geometry)?, &mut |line| length += Geodesic.length(line));
    Ok(length)
}

/// The length of polygons' borders on the plane, holes included; 0 for points and lines.
#[scalar(deterministic, innocuous)]
fn st_perimeter(geometry: &str) -> Result<f64, Error> {
    let mut length = 0.0;
    polygons(&parse("st_perimeter", 1, geometry)?, &mut |polygon| {
        length += Euclidean.length(polygon.exterior());
        length += polygon.interiors().iter().map(|ring| Euclidean.length(ring)).sum::<f64>();
    });
    Ok(length)
}

fn spherical(function: &str, geometry: &str) -> Result<Geometry, Error> {
    let geometry = parse(function, 1, geometry)?;
    for place in geometry.coords_iter() {
        if !((-180.0..=180.0).contains(&place.x) && (-90.0..=90.0).contains(&place.y)) {
            let message = [
                "function `",
                function,
                "`: coordinates must be degrees, longitude from -180 to 180 and latitude from -90 to 90",
            ];
            return Err(Error::new(Error::RANGE, message.concat()));
        }
    }
    Ok(geometry)
}

/// The centre of mass, as a WKT point; NULL for an empty geometry.
#[scalar(deterministic, innocuous)]
fn st_centroid(geometry: &str) -> Result<Option<String>, Error> {
    Ok(parse("st_centroid", 1, geometry)?.centroid().map(|centre| to_wkt(&centre.into())))
}

/// The bounding rectangle, as a WKT polygon; NULL for an empty geometry.
#[scalar(deterministic, innocuous)]
fn st_envelope(geometry: &str) -> Result<Option<String>, Error> {
    Ok(parse("st_envelope", 1, geometry)?.bounding_rect().map(|rect| rectangle(rect.min(), rect.max())))
}

/// The least convex polygon around the geometry, as WKT.
#[scalar(deterministic, innocuous)]
fn st_convexhull(geometry: &str) -> Result<String, Error> {
    Ok(to_wkt(&parse("st_convexhull", 1, geometry)?.convex_hull().into()))
}

/// The geometry with points left out that are no more than `tolerance` beside the line (Ramer, Douglas and Peucker), as WKT.
#[scalar(deterministic, innocuous)]
fn st_simplify(geometry: &str, tolerance: f64) -> Result<String, Error> {
    let geometry = parse("st_simplify", 1, geometry)?;
    let tolerance = finite("st_simplify", 2, tolerance)?;
    Ok(to_wkt(&match geometry {
        Geometry::LineString(line) => line.simplify(tolerance).into(),
        Geometry::MultiLineString(lines) => lines.simplify(tolerance).into(),
        Geometry::Polygon(polygon) => polygon.simplify(tolerance).into(),
        Geometry::MultiPolygon(polygons) => polygons.simplify(tolerance).into(),
        other => other,
    }))
}

/// The shortest distance on the plane, in units of the coordinates; NULL if one geometry is empty.
#[scalar(deterministic, innocuous)]
fn st_distance(geometry: &str, other: &str) -> Result<Option<f64>, Error> {
    distance("st_distance", geometry, other)
}

/// True if the geometries are no more than `distance` apart on the plane.
#[scalar(deterministic, innocuous)]
fn st_dwithin(geometry: &str, other: &str, most: f64) -> Result<Option<bool>, Error> {
    Ok(distance("st_dwithin", geometry, other)?.map(|distance| distance <= most))
}

fn distance(function: &str, geometry: &str, other: &str) -> Result<Option<f64>, Error> {
    let (a, b) = (parse(function, 1, geometry)?, parse(function, 2, other)?);
    Ok((!a.is_empty() && !b.is_empty()).then(|| Euclidean.distance(&a, &b)))
}

/// True if the geometries have a point in common.
#[scalar(deterministic, innocuous)]
fn st_intersects(geometry: &str, other: &str) -> Result<bool, Error> {
    Ok(parse("st_intersects", 1, geometry)?.intersects(&parse("st_intersects", 2, other)?))
}

/// True if the geometries have no point in common.
#[scalar(deterministic, innocuous)]
fn st_disjoint(geometry: &str, other: &str) -> Result<bool, Error> {
    Ok(!parse("st_disjoint", 1, geometry)?.intersects(&parse("st_disjoint", 2, other)?))
}

/// Defines the predicates of the matrix DE-9IM, named as PostGIS does.
macro_rules! predicates {
    ($($(#[$doc:meta])* $function:ident: $predicate:ident;)+) => {$(
        $(#[$doc])*
        #[scalar(deterministic, innocuous)]
        fn $function(geometry: &str, other: &str) -> Result<bool, Error> {
            const FUNCTION: &str = stringify!($function);
            Ok(parse(FUNCTION, 1, geometry)?.relate(&parse(FUNCTION, 2, other)?).$predicate())
        }
    )+};
}

predicates! {
    /// True if no point of the second geometry lies outside of the first, and some point of it inside.
    st_contains: is_contains;
    /// True if no point of the first geometry lies outside of the second, and some point of it inside.
    st_within: is_within;
    /// True if no point of the second geometry lies outside of the first.
    st_covers: is_covers;
    /// True if no point of the first geometry lies outside of the second.
    st_coveredby: is_coveredby;
    /// True if both are the same set of points.
    st_equals: is_equal_topo;
    /// True if they meet at borders only.
    st_touches: is_touches;
    /// True if they have some, but not all inner points in common, and what they have in common is of lower dimension.
    st_crosses: is_crosses;
    /// True if they have some, but not all points in common, and what they have in common is of the same dimension.
    st_overlaps: is_overlaps;
}

extension! {
    name: "geo",
    description: "Distances on Earth, geohashes, and geometries as WKT or GeoJSON.",
    functions: [
        haversine, geodesic_distance, bearing, destination, midpoint, geohash_encode, geohash_lat, geohash_lon, geohash_cell,
        geohash_neighbor, geohash_neighbors, st_point, st_astext, st_asgeojson, st_isvalid, st_isempty, st_geometrytype,
        st_npoints, st_x, st_y, st_xmin, st_xmax, st_ymin, st_ymax, st_area, st_area_spheroid, st_length,
        st_length_spheroid, st_perimeter, st_centroid, st_envelope, st_convexhull, st_simplify, st_distance, st_dwithin,
        st_intersects, st_disjoint, st_contains, st_within, st_covers, st_coveredby, st_equals, st_touches, st_crosses,
        st_overlaps,
    ],
}

#[cfg(test)]
mod tests;
