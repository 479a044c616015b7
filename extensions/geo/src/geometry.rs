//! Geometries: from WKT or GeoJSON, and to both.

use core::str::FromStr;

use geo::{CoordsIter, Geometry, LineString, Polygon};
use geojson::GeoJson;
use sqlink_guest::Error;
use wkt::{ToWkt, Wkt};

/// How many parentheses or brackets of a text may lie in each other: a multipolygon needs 4, each collection around it one more.
const MAX_DEPTH: usize = 32;

/// The most points a geometry may have.
const MAX_POINTS: usize = 1_000_000;

/// Reads argument `number` of `function`: GeoJSON if it begins with `{`, else WKT.
///
/// # Errors
/// Text that is neither, coordinates that are not finite, too many points or too deep collections.
pub fn parse(function: &str, number: u32, text: &str) -> Result<Geometry, Error> {
    read(text).map_err(|(code, reason)| {
        let number = number.to_string();
        let message = ["function `", function, "`: argument ", &number, " is no geometry: ", &reason];
        Error::new(code, message.concat())
    })
}

/// The geometry, or the code and reason of the error.
pub fn read(text: &str) -> Result<Geometry, (i32, String)> {
    let refuse = |reason: &str| (Error::ERROR, reason.to_owned());
    if depth(text) > MAX_DEPTH {
        return Err((Error::TOOBIG, format!("it has over {MAX_DEPTH} brackets in each other")));
    }
    let geometry = if text.trim_ascii_start().starts_with('{') {
        let json = GeoJson::from_str(text).map_err(|error| refuse(&one_line(&error.to_string())))?;
        Geometry::try_from(json).map_err(|error| refuse(&one_line(&error.to_string())))?
    } else {
        if !is_whole(text) {
            return Err(refuse("expected WKT or GeoJSON, and nothing after it"));
        }
        let wkt = Wkt::<f64>::from_str(text).map_err(refuse)?;
        Geometry::try_from(wkt).map_err(|error| refuse(&one_line(&error.to_string())))?
    };
    if geometry.coords_count() > MAX_POINTS {
        return Err((Error::TOOBIG, format!("it has over {MAX_POINTS} points")));
    }
    if !geometry.coords_iter().all(|point| point.x.is_finite() && point.y.is_finite()) {
        return Err(refuse("coordinates must be finite numbers"));
    }
    Ok(geometry)
}

fn one_line(reason: &str) -> String {
    reason.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect()
}

/// True if WKT ends where its first parenthesis closes, or with `EMPTY`: the parser would pass over what follows.
fn is_whole(text: &str) -> bool {
    let text = text.trim_ascii_end();
    let mut open = 0_usize;
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => open += 1,
            b')' => {
                open = open.saturating_sub(1);
                if open == 0 {
                    return index + 1 == text.len();
                }
            }
            _ => {}
        }
    }
    open > 0 || text.len() >= 5 && text.as_bytes()[text.len() - 5..].eq_ignore_ascii_case(b"EMPTY")
}

fn depth(text: &str) -> usize {
    let (mut open, mut deepest) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => {
                open += 1;
                deepest = deepest.max(open);
            }
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// As WKT.
pub fn to_wkt(geometry: &Geometry) -> String {
    geometry.wkt_string()
}

/// As a GeoJSON geometry object.
pub fn to_geojson(geometry: &Geometry) -> String {
    geojson::Geometry::from(geometry).to_string()
}

/// WKT's name for it.
pub fn type_name(geometry: &Geometry) -> &'static str {
    match geometry {
        Geometry::Point(_) => "POINT",
        Geometry::Line(_) | Geometry::LineString(_) => "LINESTRING",
        Geometry::Polygon(_) | Geometry::Rect(_) | Geometry::Triangle(_) => "POLYGON",
        Geometry::MultiPoint(_) => "MULTIPOINT",
        Geometry::MultiLineString(_) => "MULTILINESTRING",
        Geometry::MultiPolygon(_) => "MULTIPOLYGON",
        Geometry::GeometryCollection(_) => "GEOMETRYCOLLECTION",
    }
}

/// Calls `line` with every line string that is no polygon's border.
pub fn lines(geometry: &Geometry, line: &mut dyn FnMut(&LineString)) {
    match geometry {
        Geometry::LineString(found) => line(found),
        Geometry::MultiLineString(found) => found.iter().for_each(line),
        Geometry::GeometryCollection(found) => found.iter().for_each(|geometry| lines(geometry, line)),
        _ => {}
    }
}

/// Calls `polygon` with every polygon.
pub fn polygons(geometry: &Geometry, polygon: &mut dyn FnMut(&Polygon)) {
    match geometry {
        Geometry::Polygon(found) => polygon(found),
        Geometry::MultiPolygon(found) => found.iter().for_each(polygon),
        Geometry::GeometryCollection(found) => found.iter().for_each(|geometry| polygons(geometry, polygon)),
        _ => {}
    }
}
