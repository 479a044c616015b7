//! The units. Each is defined by others, exactly; only `Da` is measured.
//!
//! Sources: the SI Brochure, 9th edition (2019), with its tables 7 and 8 and the prefixes of 2022; NIST Special Publication 811 (2008),
//! appendix B, and NIST Handbook 44, appendix C, for units in use in the United States; the Weights and Measures Act 1985 for
//! imperial ones; IEC 80000-13 for data; IAU 2012 B2 and 2015 B2 for `au` and `pc`; CODATA 2022 for `Da`.

/// Which prefixes a unit takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Prefixes {
    None,
    Metric,
    /// Metric ones and those of powers of 1024.
    Binary,
}

/// A unit.
pub struct Unit {
    /// Symbols, case-sensitive, separated by a space.
    pub symbols: &'static str,
    /// Names in the singular, in lower case, separated by a space.
    pub names: &'static str,
    /// The unit in others; empty for a base unit.
    pub definition: &'static str,
    pub prefixes: Prefixes,
}

/// The symbols of the base units, in the order of the exponents of a dimension. `kg` is one although it has a prefix.
pub const BASES: [&str; 9] = ["kg", "m", "s", "A", "K", "mol", "cd", "rad", "bit"];

/// Metric prefixes: symbol, name, power of ten.
pub const METRIC: [(&str, &str, i32); 27] = [
    ("da", "deca", 1),
    ("da", "deka", 1),
    ("Q", "quetta", 30),
    ("R", "ronna", 27),
    ("Y", "yotta", 24),
    ("Z", "zetta", 21),
    ("E", "exa", 18),
    ("P", "peta", 15),
    ("T", "tera", 12),
    ("G", "giga", 9),
    ("M", "mega", 6),
    ("k", "kilo", 3),
    ("h", "hecto", 2),
    ("d", "deci", -1),
    ("c", "centi", -2),
    ("m", "milli", -3),
    ("µ", "micro", -6),
    ("μ", "micro", -6),
    ("u", "micro", -6),
    ("n", "nano", -9),
    ("p", "pico", -12),
    ("f", "femto", -15),
    ("a", "atto", -18),
    ("z", "zepto", -21),
    ("y", "yocto", -24),
    ("r", "ronto", -27),
    ("q", "quecto", -30),
];

/// Binary prefixes: symbol, name, power of 1024.
pub const BINARY: [(&str, &str, i32); 8] = [
    ("Ki", "kibi", 1),
    ("Mi", "mebi", 2),
    ("Gi", "gibi", 3),
    ("Ti", "tebi", 4),
    ("Pi", "pebi", 5),
    ("Ei", "exbi", 6),
    ("Zi", "zebi", 7),
    ("Yi", "yobi", 8),
];

/// Temperatures whose zero is not that of the kelvin: what is added before the factor applies, in hundredths.
pub const OFFSETS: [(&str, u32); 2] = [("degC", 27_315), ("degF", 45_967)];

macro_rules! units {
    ($($symbols:literal $names:literal $definition:literal $prefixes:ident;)+) => {
        &[$(Unit { symbols: $symbols, names: $names, definition: $definition, prefixes: Prefixes::$prefixes },)+]
    };
}

#[rustfmt::skip]
pub const UNITS: &[Unit] = units! {
    // Base units.
    "kg" "" "" None;
    "g" "gram gramme" "0.001 kg" Metric;
    "m" "metre meter" "" Metric;
    "s sec" "second" "" Metric;
    "A" "ampere amp" "" Metric;
    "K" "kelvin" "" Metric;
    "mol" "mole" "" Metric;
    "cd" "candela" "" Metric;
    "rad" "radian" "" Metric;
    "bit b" "bit" "" Binary;
    // Derived units of the SI.
    "Hz" "hertz" "1/s" Metric;
    "N" "newton" "kg m/s^2" Metric;
    "Pa" "pascal" "N/m^2" Metric;
    "J" "joule" "N m" Metric;
    "W" "watt" "J/s" Metric;
    "C" "coulomb" "A s" Metric;
    "V" "volt" "W/A" Metric;
    "F" "farad" "C/V" Metric;
    "Ω \u{2126} ohm" "ohm" "V/A" Metric;
    "S" "siemens" "A/V" Metric;
    "Wb" "weber" "V s" Metric;
    "T" "tesla" "Wb/m^2" Metric;
    "H" "henry" "Wb/A" Metric;
    "sr" "steradian" "rad^2" Metric;
    "lm" "lumen" "cd sr" Metric;
    "lx" "lux" "lm/m^2" Metric;
    "Bq" "becquerel" "1/s" Metric;
    "Gy" "gray" "J/kg" Metric;
    "Sv" "sievert" "J/kg" Metric;
    "kat" "katal" "mol/s" Metric;
    // Temperatures; `OFFSETS` has their zeros.
    "degC °C ℃" "celsius centigrade" "K" None;
    "degF °F ℉" "fahrenheit" "5/9*K" None;
    "degR °R" "rankine" "5/9*K" None;
    // Time. A year is the Julian one.
    "min" "minute" "60 s" None;
    "h hr hrs" "hour" "60 min" None;
    "d" "day" "24 h" None;
    "wk" "week" "7 d" None;
    "" "fortnight" "2 wk" None;
    "mo" "month" "1/12*yr" None;
    "yr a" "year annum" "365.25 d" None;
    "" "decade" "10 yr" None;
    "" "century" "100 yr" None;
    // Angle.
    "deg °" "degree" "1/180*pi rad" None;
    "arcmin" "arcminute" "1/60*deg" None;
    "arcsec" "arcsecond" "1/60*arcmin" Metric;
    "gon grad" "gon gradian" "1/200*pi rad" None;
    "rev tr" "revolution turn" "2 pi rad" None;
    "rpm" "" "rev/min" None;
    // Length.
    "in" "inch" "0.0254 m" None;
    "ft" "foot" "12 in" None;
    "yd" "yard" "3 ft" None;
    "mi" "mile" "5280 ft" None;
    "mil thou" "" "0.001 in" None;
    "ch" "chain" "66 ft" None;
    "fur" "furlong" "660 ft" None;
    "ftm" "fathom" "6 ft" None;
    "nmi NM" "" "1852 m" None;
    "Å \u{212b}" "angstrom ångström" "1e-10 m" None;
    "" "micron" "1e-6 m" None;
    "au AU ua" "" "149597870700 m" None;
    "ly" "lightyear" "9460730472580800 m" None;
    "pc" "parsec" "648000/pi*au" Metric;
    // Area.
    "" "are" "100 m^2" None;
    "ha" "hectare" "1e4 m^2" None;
    "ac" "acre" "4840 yd^2" None;
    "sqft" "" "ft^2" None;
    "sqm" "" "m^2" None;
    "sqmi" "" "mi^2" None;
    // Volume; those without `imp` are of the United States.
    "L l ℓ" "litre liter" "0.001 m^3" Metric;
    "cc" "" "cm^3" None;
    "gal" "gallon" "231 in^3" None;
    "qt" "quart" "1/4*gal" None;
    "pt" "pint" "1/8*gal" None;
    "cup" "cup" "1/16*gal" None;
    "floz fl_oz" "" "1/128*gal" None;
    "tbsp" "tablespoon" "1/2*floz" None;
    "tsp" "teaspoon" "1/6*floz" None;
    "bbl" "barrel" "42 gal" None;
    "bu" "bushel" "2150.42 in^3" None;
    "gal_imp impgal" "" "4.54609 L" None;
    "qt_imp" "" "1/4*gal_imp" None;
    "pt_imp" "" "1/8*gal_imp" None;
    "floz_imp" "" "1/160*gal_imp" None;
    // Mass.
    "t" "tonne" "1000 kg" Metric;
    "lb lbm" "pound" "0.45359237 kg" None;
    "oz" "ounce" "1/16*lb" None;
    "gr" "grain" "1/7000*lb" None;
    "st" "stone" "14 lb" None;
    "cwt" "hundredweight" "100 lb" None;
    "ton ton_us" "" "2000 lb" None;
    "ton_uk" "" "2240 lb" None;
    "ozt oz_t" "" "480 gr" None;
    "ct" "carat" "0.2 g" None;
    "slug" "slug" "lbf s^2/ft" None;
    "Da u" "dalton" "1.66053906892e-27 kg" Metric;
    // Speed.
    "kn kt" "knot" "nmi/h" None;
    "mph" "" "mi/h" None;
    "kph kmh" "" "km/h" None;
    "fps" "" "ft/s" None;
    "c" "" "299792458 m/s" None;
    "g0 gn" "" "9.80665 m/s^2" None;
    "Gal" "" "cm/s^2" Metric;
    // Force and pressure.
    "dyn" "dyne" "1e-5 N" None;
    "kgf kp" "kilopond" "9.80665 N" None;
    "lbf" "" "9.80665 lb m/s^2" None;
    "pdl" "poundal" "lb ft/s^2" None;
    "bar" "bar" "1e5 Pa" Metric;
    "atm" "atmosphere" "101325 Pa" None;
    "at" "" "kgf/cm^2" None;
    "Torr" "torr" "1/760*atm" Metric;
    "mmHg" "" "133.322387415 Pa" None;
    "inHg" "" "25.4 mmHg" None;
    "psi" "" "lbf/in^2" None;
    "ksi" "" "1000 psi" None;
    // Energy and power.
    "eV" "electronvolt" "1.602176634e-19 J" Metric;
    "erg" "erg" "1e-7 J" None;
    "Wh" "" "W h" Metric;
    "Ah" "" "A h" Metric;
    "cal" "calorie" "4.184 J" Metric;
    "Cal" "" "kcal" None;
    "BTU Btu" "" "1055.05585262 J" None;
    "thm" "therm" "1e5 BTU" None;
    "hp" "horsepower" "550 ft lbf/s" None;
    "PS CV" "" "75 kgf m/s" None;
    // Everything else.
    "P" "poise" "0.1 Pa s" Metric;
    "St" "stokes" "1e-4 m^2/s" Metric;
    "G Gs" "gauss" "1e-4 T" Metric;
    "Mx" "maxwell" "1e-8 Wb" None;
    "Ci" "curie" "3.7e10 Bq" Metric;
    "R" "röntgen roentgen" "2.58e-4 C/kg" Metric;
    "rem" "" "0.01 Sv" Metric;
    "molar" "" "mol/L" None;
    "mpg" "" "mi/gal" None;
    // Data.
    "B" "byte" "8 bit" Binary;
    "KB" "" "1000 B" None;
    "bps" "" "bit/s" Metric;
    "Bps" "" "B/s" Metric;
    "Bd" "baud" "1/s" Metric;
    // Numbers.
    "%" "percent" "0.01" None;
    "‰" "permille" "0.001" None;
    "ppm" "" "1e-6" None;
    "ppb" "" "1e-9" None;
    "dozen" "" "12" None;
};
