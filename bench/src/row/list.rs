//! The first page of a list, however long the list is; FTP servers have no pages and give all.

use super::{Better, Figure, Row};
use crate::Result;
use crate::lab::{Lab, number};
use crate::peer::reel;
use crate::stat::percentile;

/// How often a round; the median of them counts.
const TIMES: usize = 21;

/// How many files the FTP servers list: the folder and the club in the middle have as many.
const FILES: usize = 100_000;

/// See the module.
pub struct List;

impl Row for List {
    fn name(&self) -> &'static str {
        "list"
    }

    fn title(&self) -> &'static str {
        "LIST: a page of 100 of Reel's, all 100,000 of the others"
    }

    fn figures(&self) -> &'static [Figure] {
        &[
            Figure { title: "whole", unit: "ms", better: Better::Less, target: "the same within 1.5x" },
            Figure { title: "first byte", unit: "ms", better: Better::Less, target: "under 2 ms" },
        ]
    }

    fn competitors(&self) -> &'static [&'static str] {
        &["Reel, 1,000 titles", "Reel, 100,000", "Reel, 1,000,000", "vsftpd", "pure-ftpd"]
    }

    fn rounds(&self) -> usize {
        3
    }

    fn measure(&mut self, lab: &mut Lab, who: &str) -> Result<Vec<Option<f64>>> {
        let most = usize::try_from(number("BENCH_TITLES", 1_000_000)?)?;
        let titles = match who {
            "Reel, 1,000 titles" => 1000.min(most),
            "Reel, 100,000" => 100_000.min(most),
            "Reel, 1,000,000" => most,
            _ => 0,
        };
        let server = match titles {
            0 => {
                lab.content.many(FILES.min(most))?;
                lab.server(who)?
            }
            _ => {
                let setup =
                    reel::Setup { name: Some(who.replace([' ', ','], "")), titles, ..Default::default() };
                lab.special(who, |lab| reel::start(lab, &setup))?
            }
        };
        let mut session = server.door.session()?;
        let times = if titles == 0 { 3 } else { TIMES };
        let (mut firsts, mut wholes) = (Vec::new(), Vec::new());
        for _ in 0..times {
            let (first, whole) = session.list()?;
            firsts.push(first.as_secs_f64() * 1000.0);
            wholes.push(whole.as_secs_f64() * 1000.0);
        }
        Ok(vec![Some(percentile(&mut wholes, 0.5)), Some(percentile(&mut firsts, 0.5))])
    }
}
