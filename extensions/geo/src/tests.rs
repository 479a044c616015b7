//! Expected values: GeographicLib, Shapely (GEOS) and geohash.org.

use sqlink_guest::prelude::*;
use sqlink_guest::testing::call;

fn real(value: Result<Value, Error>) -> f64 {
    match value {
        Ok(Value::Real(real)) => real,
        other => panic!("{other:?} is no real"),
    }
}

fn near(value: Result<Value, Error>, expected: f64, error: f64) {
    let found = real(value);
    assert!((found - expected).abs() <= error, "{found} is not {expected}");
}

fn message(value: Result<Value, Error>) -> String {
    match value {
        Err(error) => error.message().to_owned(),
        other => panic!("{other:?} is no error"),
    }
}

const PARIS: [f64; 2] = [48.8566, 2.3522];
const LONDON: [f64; 2] = [51.5074, -0.1278];

fn places() -> [Value; 4] {
    [PARIS[0].into(), PARIS[1].into(), LONDON[0].into(), LONDON[1].into()]
}

#[test]
fn distances_and_directions() {
    near(call::<crate::haversine>(&places()), 343_556.53, 0.01);
    near(call::<crate::geodesic_distance>(&places()), 343_923.12, 0.01);
    near(call::<crate::bearing>(&places()), 330.021_092_856, 1e-9);
    near(call::<crate::haversine>(&[0.into(), 0.into(), 0.into(), 180.into()]), 20_015_114.442, 0.01);
    near(call::<crate::bearing>(&[0.into(), 0.into(), 1.into(), 0.into()]), 0.0, 1e-12);
    near(call::<crate::bearing>(&[0.into(), 0.into(), 0.into(), (-1).into()]), 270.0, 1e-9);
    assert_eq!(call::<crate::bearing>(&[5.into(), 5.into(), 5.into(), 5.into()]), Ok(0.0.into()));
    let there = call::<crate::destination>(&[0.into(), 0.into(), 90.into(), 111_195.08.into()]);
    let Ok(Value::Text(there)) = there else { panic!("{there:?}") };
    near(call::<crate::st_x>(&[there.as_str().into()]), 1.0, 1e-6);
    near(call::<crate::st_y>(&[there.as_str().into()]), 0.0, 1e-6);
    let middle = call::<crate::midpoint>(&[0.into(), 10.into(), 0.into(), 20.into()]);
    let Ok(Value::Text(middle)) = middle else { panic!("{middle:?}") };
    near(call::<crate::st_x>(&[middle.as_str().into()]), 15.0, 1e-9);
    assert_eq!(
        message(call::<crate::haversine>(&[91.into(), 0.into(), 0.into(), 0.into()])),
        "function `haversine`: argument 1 must be a latitude from -90 to 90 degrees, found 91"
    );
    assert!(
        message(call::<crate::bearing>(&[0.into(), 0.into(), 0.into(), 181.into()]))
            .contains("argument 4 must be a longitude")
    );
    assert!(
        message(call::<crate::destination>(&[0.into(), 0.into(), 0.into(), f64::INFINITY.into()]))
            .contains("argument 4 must be finite")
    );
}

#[test]
fn geohashes() {
    let encode =
        |lat: f64, lon: f64, length: i64| call::<crate::geohash_encode>(&[lat.into(), lon.into(), length.into()]);
    assert_eq!(encode(57.64911, 10.40744, 11), Ok("u4pruydqqvj".into()));
    assert_eq!(encode(42.605, -5.603, 5), Ok("ezs42".into()));
    assert_eq!(encode(90.0, 180.0, 3), Ok("zzz".into()));
    assert_eq!(encode(-90.0, -180.0, 3), Ok("000".into()));
    assert_eq!(message(encode(0.0, 0.0, 13)), "function `geohash_encode`: argument 3 must be from 1 to 12, found 13");
    near(call::<crate::geohash_lat>(&["EZS42".into()]), 42.605, 0.001);
    near(call::<crate::geohash_lon>(&["ezs42".into()]), -5.603, 0.001);
    assert_eq!(call::<crate::geohash_neighbor>(&["ezs42".into(), "N".into()]), Ok("ezs48".into()));
    assert_eq!(
        call::<crate::geohash_neighbors>(&["ezs42".into()]),
        Ok(r#"["ezs48","ezs49","ezs43","ezs41","ezs40","ezefp","ezefr","ezefx"]"#.into())
    );
    for bad in ["", "a", "ezs42ezs42ezs", "é"] {
        assert!(message(call::<crate::geohash_lat>(&[bad.into()])).contains("is no geohash"), "{bad}");
    }
    assert!(message(call::<crate::geohash_neighbor>(&["ezs42".into(), "up".into()])).contains("found `up`"));
    _ = call::<crate::geohash_neighbors>(&["zzz".into()]);
    _ = call::<crate::geohash_neighbors>(&["000000000000".into()]);
}

#[test]
fn wkt_and_geojson() {
    let wkt = |text: &str| call::<crate::st_astext>(&[text.into()]);
    let json = |text: &str| call::<crate::st_asgeojson>(&[text.into()]);
    assert_eq!(wkt(" point ( 1.50  -2 ) "), Ok("POINT(1.5 -2)".into()));
    assert_eq!(wkt(r#"{"type":"Point","coordinates":[1.5,-2]}"#), Ok("POINT(1.5 -2)".into()));
    assert_eq!(
        wkt(r#"{"type":"Feature","properties":null,"geometry":{"type":"Point","coordinates":[1,2]}}"#),
        Ok("POINT(1 2)".into())
    );
    assert_eq!(
        wkt(
            r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[1,2]}}]}"#
        ),
        Ok("GEOMETRYCOLLECTION(POINT(1 2))".into())
    );
    for (text, object) in [
        ("POINT(1 2)", r#"{"type":"Point","coordinates":[1.0,2.0]}"#),
        ("LINESTRING(0 0,1 1)", r#"{"type":"LineString","coordinates":[[0.0,0.0],[1.0,1.0]]}"#),
        (
            "POLYGON((0 0,9 0,9 9,0 0),(5 1,6 1,6 2,5 1))",
            r#"{"type":"Polygon","coordinates":[[[0.0,0.0],[9.0,0.0],[9.0,9.0],[0.0,0.0]],[[5.0,1.0],[6.0,1.0],[6.0,2.0],[5.0,1.0]]]}"#,
        ),
        ("MULTIPOINT((1 2),(3 4))", r#"{"type":"MultiPoint","coordinates":[[1.0,2.0],[3.0,4.0]]}"#),
        (
            "MULTILINESTRING((0 0,1 1),(2 2,3 3))",
            r#"{"type":"MultiLineString","coordinates":[[[0.0,0.0],[1.0,1.0]],[[2.0,2.0],[3.0,3.0]]]}"#,
        ),
        (
            "MULTIPOLYGON(((0 0,1 0,1 1,0 0)))",
            r#"{"type":"MultiPolygon","coordinates":[[[[0.0,0.0],[1.0,0.0],[1.0,1.0],[0.0,0.0]]]]}"#,
        ),
        (
            "GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))",
            r#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1.0,2.0]},{"type":"LineString","coordinates":[[0.0,0.0],[1.0,1.0]]}]}"#,
        ),
    ] {
        assert_eq!(json(text), Ok(object.into()));
        assert_eq!(wkt(object), Ok(text.into()));
        assert_eq!(call::<crate::st_isvalid>(&[text.into()]), Ok(1.into()), "{text}");
    }
    for bad in [
        "",
        "POINT",
        "POINT(1)",
        "POINT(a b)",
        "CIRCLE(1 2)",
        "POINT(nan 1)",
        "POINT(1e999 1)",
        "{}",
        "{",
        r#"{"type":"Point"}"#,
        "POINT(1 2) x",
    ] {
        let found = message(wkt(bad));
        assert!(found.starts_with("function `st_astext`: argument 1 is no geometry: "), "{bad}: {found}");
        assert_eq!(call::<crate::st_isvalid>(&[bad.into()]), Ok(0.into()), "{bad}");
    }
    let deep = format!("{}POINT(1 2){}", "GEOMETRYCOLLECTION(".repeat(40), ")".repeat(40));
    assert!(message(wkt(&deep)).contains("over 32 brackets in each other"));
}

const SQUARE: &str = "POLYGON((0 0,10 0,10 10,0 10,0 0),(4 4,4 6,6 6,6 4,4 4))";

#[test]
fn measures() {
    near(call::<crate::st_area>(&[SQUARE.into()]), 96.0, 1e-12);
    near(call::<crate::st_perimeter>(&[SQUARE.into()]), 48.0, 1e-12);
    near(call::<crate::st_length>(&[SQUARE.into()]), 0.0, 0.0);
    near(call::<crate::st_length>(&["LINESTRING(0 0,3 4,3 5)".into()]), 6.0, 1e-12);
    near(call::<crate::st_length_spheroid>(&["LINESTRING(2.3522 48.8566,-0.1278 51.5074)".into()]), 343_923.12, 0.01);
    near(call::<crate::st_area_spheroid>(&["POLYGON((0 0,1 0,1 1,0 1,0 0))".into()]), 12_308_778_361.469, 1.0);
    near(call::<crate::st_area_spheroid>(&["POLYGON((0 0,0 1,1 1,1 0,0 0))".into()]), 12_308_778_361.469, 1.0);
    assert!(
        message(call::<crate::st_area_spheroid>(&["POLYGON((0 0,500 0,1 1,0 0))".into()]))
            .contains("coordinates must be degrees")
    );
    assert_eq!(call::<crate::st_centroid>(&[SQUARE.into()]), Ok("POINT(5 5)".into()));
    assert_eq!(call::<crate::st_centroid>(&["LINESTRING EMPTY".into()]), Ok(Value::Null));
    assert_eq!(
        call::<crate::st_envelope>(&["LINESTRING(0 5,3 1)".into()]),
        Ok("POLYGON((0 1,0 5,3 5,3 1,0 1))".into())
    );
    assert_eq!(call::<crate::st_xmax>(&[SQUARE.into()]), Ok(10.0.into()));
    assert_eq!(call::<crate::st_ymin>(&["LINESTRING EMPTY".into()]), Ok(Value::Null));
    assert_eq!(call::<crate::st_npoints>(&[SQUARE.into()]), Ok(10.into()));
    assert_eq!(call::<crate::st_isempty>(&["POLYGON EMPTY".into()]), Ok(1.into()));
    assert_eq!(call::<crate::st_geometrytype>(&[SQUARE.into()]), Ok("POLYGON".into()));
    assert_eq!(
        call::<crate::st_simplify>(&["LINESTRING(0 0,1 0.1,2 0,3 5)".into(), 0.5.into()]),
        Ok("LINESTRING(0 0,2 0,3 5)".into())
    );
    near(call::<crate::st_distance>(&[SQUARE.into(), "POINT(13 14)".into()]), 5.0, 1e-12);
    near(call::<crate::st_distance>(&[SQUARE.into(), "POINT(5 5)".into()]), 1.0, 1e-12);
    assert_eq!(call::<crate::st_distance>(&[SQUARE.into(), "LINESTRING EMPTY".into()]), Ok(Value::Null));
    assert_eq!(call::<crate::st_dwithin>(&[SQUARE.into(), "POINT(13 14)".into(), 5.into()]), Ok(1.into()));
    assert_eq!(call::<crate::st_x>(&[SQUARE.into()]), Ok(Value::Null));
}

#[test]
fn validity() {
    for (text, valid) in [
        (SQUARE, 1),
        ("POLYGON((0 0,10 10,10 0,0 10,0 0))", 0),
        ("POLYGON((0 0,1 0,1 1,0 0),(5 5,6 5,6 6,5 5))", 0),
        ("LINESTRING(0 0,0 0)", 0),
        ("LINESTRING(0 0,1 1,1 0,0 1)", 1),
    ] {
        assert_eq!(call::<crate::st_isvalid>(&[text.into()]), Ok(valid.into()), "{text}");
    }
}

/// Whatever the geometries are, valid or not, nothing panics.
#[test]
fn random_geometries_do_no_harm() {
    let mut state = 7_u32;
    let mut random = move |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) % below
    };
    let mut geometry = || {
        let mut points = |count: u32, close: bool| {
            let mut points: Vec<String> = (0..count).map(|_| format!("{} {}", random(5), random(5))).collect();
            if close && !points.is_empty() {
                points.push(points[0].clone());
            }
            points.join(",")
        };
        let (first, second, third) = (points(6, true), points(4, true), points(3, false));
        [
            format!("POINT({})", points(1, false)),
            format!("LINESTRING({third})"),
            format!("POLYGON(({first}),({second}))"),
            format!("POLYGON(({second}))"),
            format!("MULTIPOLYGON((({first})),(({second})))"),
            format!("MULTILINESTRING(({third}),({second}))"),
            format!("MULTIPOINT({third})"),
            format!("GEOMETRYCOLLECTION(LINESTRING({second}),POLYGON(({first})))"),
            "POLYGON EMPTY".to_owned(),
        ]
    };
    for _ in 0..150 {
        let (a, b) = (geometry(), geometry());
        for a in &a {
            for one in [
                call::<crate::st_isvalid>,
                call::<crate::st_centroid>,
                call::<crate::st_convexhull>,
                call::<crate::st_area>,
                call::<crate::st_area_spheroid>,
                call::<crate::st_envelope>,
                call::<crate::st_asgeojson>,
            ] {
                assert!(one(&[a.as_str().into()]).is_ok(), "{a}");
            }
            assert!(call::<crate::st_simplify>(&[a.as_str().into(), 1.into()]).is_ok());
            for b in &b {
                for two in [
                    call::<crate::st_intersects>,
                    call::<crate::st_contains>,
                    call::<crate::st_touches>,
                    call::<crate::st_distance>,
                    call::<crate::st_equals>,
                ] {
                    assert!(two(&[a.as_str().into(), b.as_str().into()]).is_ok(), "{a} {b}");
                }
            }
        }
    }
}

#[test]
fn null_gives_null_and_other_types_are_refused() {
    assert_eq!(call::<crate::haversine>(&[Value::Null, 1.into(), 1.into(), 1.into()]), Ok(Value::Null));
    assert_eq!(call::<crate::st_contains>(&[SQUARE.into(), Value::Null]), Ok(Value::Null));
    assert_eq!(
        message(call::<crate::st_area>(&[Value::Blob(vec![1])])),
        "function `st_area`: argument 1 must be text, found blob"
    );
}
