//! What the data are made of.
//!
//! Latin: Cicero, *De finibus bonorum et malorum*, and the passage printers made of it. Names: the most frequent ones of the United
//! States' census of 1990, which is in the public domain.

#[rustfmt::skip]
pub const LATIN: [&str; 128] = [
    "lorem", "ipsum", "dolor", "sit", "amet", "consectetur", "adipiscing", "elit", "sed", "do", "eiusmod", "tempor", "incididunt", "ut",
    "labore", "et", "dolore", "magna", "aliqua", "enim", "ad", "minim", "veniam", "quis", "nostrud", "exercitation", "ullamco", "laboris",
    "nisi", "aliquip", "ex", "ea", "commodo", "consequat", "duis", "aute", "irure", "in", "reprehenderit", "voluptate", "velit", "esse",
    "cillum", "eu", "fugiat", "nulla", "pariatur", "excepteur", "sint", "occaecat", "cupidatat", "non", "proident", "sunt", "culpa", "qui",
    "officia", "deserunt", "mollit", "anim", "id", "est", "laborum", "perspiciatis", "unde", "omnis", "iste", "natus", "error",
    "voluptatem", "accusantium", "doloremque", "laudantium", "totam", "rem", "aperiam", "eaque", "ipsa", "quae", "ab", "illo", "inventore",
    "veritatis", "quasi", "architecto", "beatae", "vitae", "dicta", "explicabo", "nemo", "ipsam", "quia", "voluptas", "aspernatur", "aut",
    "odit", "fugit", "consequuntur", "magni", "dolores", "eos", "ratione", "sequi", "nesciunt", "neque", "porro", "quisquam", "dolorem",
    "numquam", "eius", "modi", "tempora", "incidunt", "magnam", "aliquam", "quaerat", "minima", "nostrum", "ullam", "corporis",
    "suscipit", "laboriosam", "vel", "eum", "iure", "quam", "nihil", "molestiae",
];

#[rustfmt::skip]
pub const FIRST_NAMES: [&str; 128] = [
    "Mary", "Patricia", "Linda", "Barbara", "Elizabeth", "Jennifer", "Maria", "Susan", "Margaret", "Dorothy", "Lisa", "Nancy", "Karen",
    "Betty", "Helen", "Sandra", "Donna", "Carol", "Ruth", "Sharon", "Michelle", "Laura", "Sarah", "Kimberly", "Deborah", "Jessica",
    "Shirley", "Cynthia", "Angela", "Melissa", "Brenda", "Amy", "Anna", "Rebecca", "Virginia", "Kathleen", "Pamela", "Martha", "Debra",
    "Amanda", "Stephanie", "Carolyn", "Christine", "Marie", "Janet", "Catherine", "Frances", "Ann", "Joyce", "Diane", "Alice", "Julie",
    "Heather", "Teresa", "Doris", "Gloria", "Evelyn", "Jean", "Cheryl", "Mildred", "Katherine", "Joan", "Ashley", "Judith",
    "James", "John", "Robert", "Michael", "William", "David", "Richard", "Charles", "Joseph", "Thomas", "Christopher", "Daniel", "Paul",
    "Mark", "Donald", "George", "Kenneth", "Steven", "Edward", "Brian", "Ronald", "Anthony", "Kevin", "Jason", "Matthew", "Gary",
    "Timothy", "Jose", "Larry", "Jeffrey", "Frank", "Scott", "Eric", "Stephen", "Andrew", "Raymond", "Gregory", "Joshua", "Jerry",
    "Dennis", "Walter", "Patrick", "Peter", "Harold", "Douglas", "Henry", "Carl", "Arthur", "Ryan", "Roger", "Joe", "Juan", "Jack",
    "Albert", "Jonathan", "Justin", "Terry", "Gerald", "Keith", "Samuel", "Willie", "Ralph", "Lawrence", "Nicholas",
];

#[rustfmt::skip]
pub const LAST_NAMES: [&str; 128] = [
    "Smith", "Johnson", "Williams", "Jones", "Brown", "Davis", "Miller", "Wilson", "Moore", "Taylor", "Anderson", "Thomas", "Jackson",
    "White", "Harris", "Martin", "Thompson", "Garcia", "Martinez", "Robinson", "Clark", "Rodriguez", "Lewis", "Lee", "Walker", "Hall",
    "Allen", "Young", "Hernandez", "King", "Wright", "Lopez", "Hill", "Scott", "Green", "Adams", "Baker", "Gonzalez", "Nelson", "Carter",
    "Mitchell", "Perez", "Roberts", "Turner", "Phillips", "Campbell", "Parker", "Evans", "Edwards", "Collins", "Stewart", "Sanchez",
    "Morris", "Rogers", "Reed", "Cook", "Morgan", "Bell", "Murphy", "Bailey", "Rivera", "Cooper", "Richardson", "Cox", "Howard", "Ward",
    "Torres", "Peterson", "Gray", "Ramirez", "James", "Watson", "Brooks", "Kelly", "Sanders", "Price", "Bennett", "Wood", "Barnes",
    "Ross", "Henderson", "Coleman", "Jenkins", "Perry", "Powell", "Long", "Patterson", "Hughes", "Flores", "Washington", "Butler",
    "Simmons", "Foster", "Gonzales", "Bryant", "Alexander", "Russell", "Griffin", "Diaz", "Hayes", "Myers", "Ford", "Hamilton", "Graham",
    "Sullivan", "Wallace", "Woods", "Cole", "West", "Jordan", "Owens", "Reynolds", "Fisher", "Ellis", "Harrison", "Gibson", "Mcdonald",
    "Cruz", "Marshall", "Ortiz", "Gomez", "Murray", "Freeman", "Wells", "Webb", "Simpson", "Stevens", "Tucker",
];

#[rustfmt::skip]
pub const JOBS: [&str; 32] = [
    "accountant", "architect", "baker", "biologist", "bus driver", "carpenter", "chemist", "cook", "dentist", "designer", "editor",
    "electrician", "engineer", "farmer", "firefighter", "florist", "gardener", "geologist", "journalist", "judge", "lawyer", "librarian",
    "mechanic", "musician", "nurse", "photographer", "pilot", "plumber", "programmer", "surgeon", "teacher", "translator",
];

#[rustfmt::skip]
pub const PLACE_BEGINS: [&str; 32] = [
    "Ash", "Beech", "Black", "Bridge", "Bright", "Brook", "Cedar", "Church", "Clear", "Cold", "Deer", "East", "Elm", "Fair", "Fox",
    "Glen", "Gold", "Green", "Hart", "Haw", "High", "Kings", "Lake", "Maple", "Mill", "North", "Oak", "Pine", "River", "Stone", "West",
    "Wood",
];

pub const PLACE_ENDS: [&str; 16] = [
    "borough", "bridge", "burg", "bury", "dale", "field", "ford", "ham", "haven", "mouth", "port", "side", "stead",
    "ton", "ville", "wick",
];

pub const STREETS: [&str; 8] = ["Avenue", "Court", "Drive", "Lane", "Road", "Square", "Street", "Way"];

pub const COMPANIES: [&str; 8] = ["& Co.", "& Daughters", "& Partners", "& Sons", "Group", "Inc.", "Ltd", "Works"];

/// Reserved for such uses (RFC 2606).
pub const DOMAINS: [&str; 4] = ["example.com", "example.net", "example.org", "mail.example"];
