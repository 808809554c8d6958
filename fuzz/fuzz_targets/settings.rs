//! Files that set something: policies, fault plans, names of payload files. What is read and written reads again.
#![no_main]

use entra_bundle::pseudonym::Policy;
use entra_bundle::spool::EntryPath;
use entra_bundle::tenant::faults::FaultPlan;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((kind, rest)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    match kind % 3 {
        0 => {
            if let Ok(policy) = Policy::from_toml(text) {
                assert_eq!(policy.sha256(), Policy::from_toml(text).expect("it was read before").sha256());
            }
        }
        1 => {
            if let Ok(plan) = FaultPlan::read(text) {
                let written = plan.to_toml();
                assert_eq!(FaultPlan::read(&written).expect("a written plan is read"), plan);
            }
        }
        _ => {
            if let Ok(path) = EntryPath::new(text) {
                assert!(
                    path.as_str() == text && !text.contains("..")
                        || text.contains("..") && !text.split('/').any(|part| part == "..")
                );
            }
        }
    }
});
