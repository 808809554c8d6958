//! Where people work: sites with their public networks, and departments with their jobs.

/// An office.
#[derive(Debug, PartialEq)]
pub struct Site {
    /// Name of the building.
    pub name: &'static str,
    /// Street and number.
    pub street: &'static str,
    /// City, as the directory spells it.
    pub city: &'static str,
    /// State, county or region.
    pub state: &'static str,
    /// Country, as the directory spells it.
    pub country: &'static str,
    /// ISO 3166-1 alpha-2 code; also the usage location.
    pub country_code: &'static str,
    /// Postal code.
    pub postal_code: &'static str,
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// The first three octets of its public /28 and the first host number: addresses are `net.(first + 0..14)`.
    pub public_net: ([u8; 3], u8),
    /// Second octet of its private network 10.x.0.0/16.
    pub private_octet: u8,
    /// International and area code.
    pub phone_prefix: &'static str,
    /// Preferred language.
    pub language: &'static str,
    /// Whether its people have addresses in the federated domain.
    pub is_federated: bool,
}

impl Site {
    /// One of the 14 public addresses of the site.
    pub fn public_address(&self, draw: u64) -> String {
        let ([a, b, c], first) = self.public_net;
        format!("{a}.{b}.{c}.{}", u64::from(first) + draw % 14)
    }

    /// The public network, `address/28`.
    pub fn public_range(&self) -> String {
        let ([a, b, c], first) = self.public_net;
        format!("{a}.{b}.{c}.{}/28", first - 1)
    }

    /// A private address of the site.
    pub fn private_address(&self, draw: u64) -> String {
        format!("10.{}.{}.{}", self.private_octet, draw % 250 + 1, (draw >> 8) % 250 + 2)
    }
}

const DOCUMENTATION: [u8; 3] = [203, 0, 113];

/// All sites.
pub static SITES: [Site; 6] = [
    Site {
        name: "Harbour House",
        street: "12 Quay Lane",
        city: "Plymouth",
        state: "Devon",
        country: "United Kingdom",
        country_code: "GB",
        postal_code: "PL1 3XX",
        latitude: 50.37,
        longitude: -4.14,
        public_net: (DOCUMENTATION, 17),
        private_octet: 10,
        phone_prefix: "+44 1752",
        language: "en-GB",
        is_federated: false,
    },
    Site {
        name: "Bryggen 4",
        street: "Strandgaten 210",
        city: "Bergen",
        state: "Vestland",
        country: "Norway",
        country_code: "NO",
        postal_code: "5004",
        latitude: 60.39,
        longitude: 5.32,
        public_net: (DOCUMENTATION, 33),
        private_octet: 20,
        phone_prefix: "+47 55",
        language: "nb-NO",
        is_federated: true,
    },
    Site {
        name: "Akti 9",
        street: "Ακτή Μιαούλη 9",
        city: "Piraeus",
        state: "Attica",
        country: "Greece",
        country_code: "GR",
        postal_code: "185 35",
        latitude: 37.94,
        longitude: 23.64,
        public_net: (DOCUMENTATION, 49),
        private_octet: 30,
        phone_prefix: "+30 210",
        language: "el-GR",
        is_federated: true,
    },
    Site {
        name: "Minato Mirai Annex",
        street: "2-7 Kaigan-dori",
        city: "Yokohama",
        state: "Kanagawa",
        country: "Japan",
        country_code: "JP",
        postal_code: "231-0002",
        latitude: 35.44,
        longitude: 139.64,
        public_net: (DOCUMENTATION, 65),
        private_octet: 40,
        phone_prefix: "+81 45",
        language: "ja-JP",
        is_federated: false,
    },
    Site {
        name: "Pier 21 North",
        street: "1055 Marginal Road",
        city: "Halifax",
        state: "Nova Scotia",
        country: "Canada",
        country_code: "CA",
        postal_code: "B3H 4P7",
        latitude: 44.64,
        longitude: -63.57,
        public_net: (DOCUMENTATION, 81),
        private_octet: 50,
        phone_prefix: "+1 902",
        language: "en-CA",
        is_federated: false,
    },
    Site {
        name: "Corniche Office",
        street: "41 El-Geish Road",
        city: "Alexandria",
        state: "Alexandria",
        country: "Egypt",
        country_code: "EG",
        postal_code: "21523",
        latitude: 31.2,
        longitude: 29.92,
        public_net: (DOCUMENTATION, 97),
        private_octet: 60,
        phone_prefix: "+20 3",
        language: "ar-EG",
        is_federated: false,
    },
];

/// Departments and the jobs in them.
pub const DEPARTMENTS: [(&str, [&str; 4]); 8] = [
    ("Fleet Operations", ["Deckhand", "Second Engineer", "Port Captain", "Fleet Planner"]),
    ("Finance", ["Accountant", "Payroll Clerk", "Controller", "Treasury Analyst"]),
    ("Human Resources", ["Recruiter", "Crewing Officer", "HR Partner", "Training Lead"]),
    ("Naval Engineering", ["Naval Architect", "Hull Surveyor", "Draughtsperson", "Test Engineer"]),
    ("Sales", ["Account Manager", "Charter Broker", "Bid Writer", "Sales Assistant"]),
    ("Legal", ["Counsel", "Claims Handler", "Paralegal", "Compliance Officer"]),
    ("Information Technology", ["Systems Administrator", "Service Desk Analyst", "Network Engineer", "Developer"]),
    ("Procurement", ["Buyer", "Contract Manager", "Stores Keeper", "Category Lead"]),
];
