//! The configuration: what is taken can be shown, and is taken again as it is shown.
#![no_main]

use daemon::config::Config;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match Config::of(text) {
        Ok(config) => {
            let shown = config.shown().expect("every value has a form");
            // The password of the database is left out of it, which changes nothing else.
            let again = Config::of(&shown).expect("what is shown is taken");
            assert_eq!(again.shown().expect("every value has a form"), shown);
            for periods in [1, 120] {
                let _ = config.prices.membership_of(periods);
            }
            let _ = (config.prices.offers(), config.database_url(), config.topup_allowed());
        }
        Err(why) => assert!(!why.chars().any(|c| c.is_control() && c != '\n'), "{why:?}"),
    }
});
