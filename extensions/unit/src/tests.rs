//! Expected values: the definitions in NIST SP 811 and the SI Brochure, and Python's pint.

use sqlink_guest::prelude::*;
use sqlink_guest::testing::call;

fn convert(value: f64, from: &str, to: &str) -> f64 {
    match call::<crate::convert_value>(&[value.into(), from.into(), to.into()]) {
        Ok(Value::Real(real)) => real,
        other => panic!("{value} {from} in {to}: {other:?}"),
    }
}

fn message(value: Result<Value, Error>) -> String {
    match value {
        Err(error) => error.message().to_owned(),
        other => panic!("{other:?} is no error"),
    }
}

#[test]
fn exact_conversions_are_exact() {
    for (value, from, to, expected) in [
        (1.0, "in", "cm", 2.54),
        (1.0, "mi", "km", 1.609_344),
        (26.2, "mi", "km", 42.164_812_8),
        (1.0, "gal", "L", 3.785_411_784),
        (1.0, "acre", "m^2", 4_046.856_422_4),
        (1.0, "lb", "g", 453.592_37),
        (36.0, "km/h", "m/s", 10.0),
        (10.0, "m/s", "km/h", 36.0),
        (1.0, "kn", "km/h", 1.852),
        (1.0, "kWh", "MJ", 3.6),
        (1.0, "atm", "Pa", 101_325.0),
        (760.0, "Torr", "atm", 1.0),
        (1.0, "GiB", "B", 1_073_741_824.0),
        (1.0, "GB", "MiB", 953.674_316_406_25),
        (100.0, "Mb/s", "MB/s", 12.5),
        (1.0, "d", "s", 86_400.0),
        (180.0, "deg", "gon", 200.0),
        (1.0, "rev", "deg", 360.0),
        (1.0, "t", "lb", 2_204.622_621_848_776),
        (5.0, "L/100km", "mL/km", 50.0),
        (1.0, "Qm", "qm", 1e60),
        (3.0, "dozen", "1", 36.0),
        (5.0, "%", "", 0.05),
        (1.0, "ly", "km", 9_460_730_472_580.8),
        (0.1, "m", "m", 0.1),
    ] {
        assert_eq!(convert(value, from, to), expected, "{value} {from} in {to}");
    }
}

#[test]
fn temperatures() {
    for (value, from, to, expected) in [
        (100.0, "degC", "degF", 212.0),
        (0.0, "°C", "°F", 32.0),
        (-40.0, "celsius", "fahrenheit", -40.0),
        (98.6, "degF", "degC", 37.0),
        (0.0, "K", "degC", -273.15),
        (25.0, "degC", "K", 298.15),
        (300.0, "K", "degC", 26.85),
        (0.0, "degF", "degR", 459.67),
        (20.5, "degC", "degC", 20.5),
        // In a product it is a difference.
        (9.0, "J/degC", "J/degF", 5.0),
    ] {
        assert_eq!(convert(value, from, to), expected, "{value} {from} in {to}");
    }
}

#[test]
fn one_unit_has_many_spellings() {
    for (spellings, base) in [
        (
            &[
                "m/s^2",
                "m/s2",
                "m*s^-2",
                "m·s⁻²",
                "m s**-2",
                "metres per second^2",
                "m/(s*s)",
                "m/s/s",
                "meters/second²",
                "m.s-2",
            ][..],
            "m/s^2",
        ),
        (&["kg m^2/s^3", "W", "J/s", "V A", "N.m/s", "watts", "Watt", "1/1000*kW"], "kg*m^2/s^3"),
        (&["µm", "μm", "um", "micrometers", "Micrometre", "micron"], "m"),
        (&["", "1", "m/m", "%"], "1"),
        (&["Hz", "1/s", "/s", "s-1", "hertz"], "1/s"),
        (&["lbf", "kg m/s²"], "kg*m/s^2"),
        (&["Ω", "\u{2126}", "ohm", "Ohms"], "kg*m^2/s^3/A^2"),
        (&["MiB", "mebibytes", "Mbit", "Mb", "megabits", "kB"], "bit"),
        (&["ft", "feet", "foot", "inches", "inch", "nmi"], "m"),
    ] {
        for spelling in spellings {
            let found = call::<crate::unit_dimension>(&[(*spelling).into()]);
            assert_eq!(found, Ok(base.into()), "{spelling}");
        }
    }
    // A unit by itself comes before one with a prefix.
    assert_eq!(convert(1.0, "min", "s"), 60.0);
    assert_eq!(convert(1.0, "cd", "cd"), 1.0);
    assert_eq!(convert(1.0, "ft", "in"), 12.0);
}

#[test]
fn quantities() {
    let quantity = |text: &str, to: &str| call::<crate::convert_quantity>(&[text.into(), to.into()]);
    assert_eq!(quantity("36 km/h", "m/s"), Ok(10.0.into()));
    assert_eq!(quantity("  -5e3m ", "km"), Ok((-5.0).into()));
    assert_eq!(quantity("5 eV", "eV"), Ok(5.0.into()));
    assert_eq!(quantity("mile", "ft"), Ok(5280.0.into()));
    assert_eq!(quantity("20 °C", "degF"), Ok(68.0.into()));
    assert_eq!(quantity("−40°F", "degC"), Ok((-40.0).into()));
    assert_eq!(quantity("12", "dozen"), Ok(1.0.into()));
    assert_eq!(call::<crate::unit_number>(&["5.5 km/h".into()]), Ok(5.5.into()));
    assert_eq!(call::<crate::unit_name>(&["5.5 km/h".into()]), Ok("km/h".into()));
    assert_eq!(call::<crate::unit_name>(&["5.5".into()]), Ok("".into()));
    for (bad, reason) in [
        ("", "argument 1 is not a quantity: expected text such as `5 km/h`"),
        ("5 furlongz", "argument 1 is not a unit: `furlongz` is no unit"),
        ("1e999 m", "its number is too large"),
        ("five m", "`five` is no unit"),
    ] {
        let found = message(quantity(bad, "m"));
        assert!(found.contains(reason), "{bad}: {found}");
    }
}

#[test]
fn what_is_no_unit() {
    for (bad, reason) in [
        ("parsnip", "`parsnip` is no unit"),
        ("m/", "a unit is missing at the end"),
        ("m^", "a unit is missing at the end"),
        ("(m", "a closing parenthesis is missing"),
        ("m)", "`)` is not expected"),
        ("m^99", "`99` is too large a power"),
        ("0 m", "`0` is no number for a unit"),
        ("kmin", "`kmin` is no unit"),
        ("m,s", "`,s` is not expected"),
        ("m^x", "`x` is not expected"),
    ] {
        let found = message(call::<crate::unit_dimension>(&[bad.into()]));
        assert!(
            found.starts_with("function `unit_dimension`: argument 1 is not a unit: ") && found.contains(reason),
            "{bad}: {found}"
        );
        assert_eq!(call::<crate::unit_valid>(&[bad.into()]), Ok(0.into()));
    }
    for text in [
        "(".repeat(200),
        "m".repeat(300),
        "m^32".repeat(60),
        "/".repeat(256),
        "9".repeat(200),
        "1e-400m".to_owned(),
        "é°%‰".repeat(20),
    ] {
        _ = call::<crate::unit_valid>(&[text.as_str().into()]);
        _ = call::<crate::convert_quantity>(&[text.as_str().into(), "m".into()]);
    }
    assert_eq!(
        message(call::<crate::convert_value>(&[1.into(), "km/h".into(), "kg".into()])),
        "function `unit_convert`: can't convert `km/h` (m/s) to `kg` (kg)"
    );
    assert_eq!(call::<crate::unit_compatible>(&["km/h".into(), "kn".into()]), Ok(1.into()));
    assert_eq!(call::<crate::unit_compatible>(&["km/h".into(), "km".into()]), Ok(0.into()));
    assert_eq!(call::<crate::unit_compatible>(&["J".into(), "N m".into()]), Ok(1.into()));
}

#[test]
fn null_gives_null_and_other_types_are_refused() {
    assert_eq!(call::<crate::convert_value>(&[Value::Null, "m".into(), "km".into()]), Ok(Value::Null));
    assert_eq!(call::<crate::convert_quantity>(&["1 m".into(), Value::Null]), Ok(Value::Null));
    assert_eq!(
        message(call::<crate::convert_value>(&["1".into(), "m".into(), "km".into()])),
        "function `unit_convert`: argument 1 must be a real or an integer, found text"
    );
}
