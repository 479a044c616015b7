//! Places on Earth by latitude and longitude in degrees.

use geo::{Coord, Point};
use sqlink_guest::Error;

/// The point of a latitude and a longitude, which are the arguments `number` and `number + 1` of `function`.
///
/// # Errors
/// SQLITE_RANGE for a latitude beyond the poles or a longitude that is not from -180 to 180.
pub fn point(function: &str, number: u32, latitude: f64, longitude: f64) -> Result<Point, Error> {
    let check = |number: u32, name: &str, value: f64, most: f64| {
        if (-most..=most).contains(&value) {
            return Ok(());
        }
        let (number, most, value) = (number.to_string(), most.to_string(), value.to_string());
        let message = [
            "function `",
            function,
            "`: argument ",
            &number,
            " must be a ",
            name,
            " from -",
            &most,
            " to ",
            &most,
            " degrees, found ",
            &value,
        ];
        Err(Error::new(Error::RANGE, message.concat()))
    };
    check(number, "latitude", latitude, 90.0)?;
    check(number + 1, "longitude", longitude, 180.0)?;
    Ok(Point::new(longitude, latitude))
}

/// A finite number.
///
/// # Errors
/// SQLITE_RANGE for an infinite one.
pub fn finite(function: &str, number: u32, value: f64) -> Result<f64, Error> {
    if value.is_finite() {
        return Ok(value);
    }
    let number = number.to_string();
    Err(Error::new(Error::RANGE, ["function `", function, "`: argument ", &number, " must be finite"].concat()))
}

/// A direction from 0 up to 360 degrees.
pub fn degrees(bearing: f64) -> f64 {
    let turned = bearing.rem_euclid(360.0);
    if turned >= 360.0 { 0.0 } else { turned }
}

/// A geohash of 1 to 12 characters as the crate wants it: in lower case.
///
/// # Errors
/// Another length, or other characters.
pub fn geohash(function: &str, hash: &str) -> Result<String, Error> {
    const DIGITS: &str = "0123456789bcdefghjkmnpqrstuvwxyz";
    let lower = hash.to_ascii_lowercase();
    if (1..=12).contains(&lower.len()) && lower.chars().all(|character| DIGITS.contains(character)) {
        return Ok(lower);
    }
    let shown: String = hash.chars().take(40).collect();
    let message = [
        "function `",
        function,
        "`: `",
        &shown,
        "` is no geohash, expected 1 to 12 digits and letters other than a, i, l, o",
    ];
    Err(Error::new(Error::ERROR, message.concat()))
}

/// The middle of a geohash's cell.
///
/// # Errors
/// As [`geohash`].
pub fn cell(function: &str, hash: &str) -> Result<(Coord, Coord), Error> {
    let cell = geohash::decode_bbox(&geohash(function, hash)?)?;
    Ok((cell.min(), cell.max()))
}
