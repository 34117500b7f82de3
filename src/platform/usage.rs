//! What the program takes of the machine: processor time of a thread, the most memory it ever had.
//!
//! Asks the system and keeps nothing. Any thread; cheap enough for every frame.

use std::time::Duration;

use cpu_time::ThreadTime;

/// Processor time that the calling thread has used since it began. Windows counts it in steps of
/// some 15 ms. Zero where the system cannot tell.
#[must_use]
pub fn thread_time() -> Duration {
    ThreadTime::try_now().map_or(Duration::ZERO, |time| time.as_duration())
}

/// The most physical memory that this process ever had at a time, bytes; `None` where it is not
/// known how to ask (anything but Linux).
#[must_use]
pub fn peak_memory() -> Option<u64> {
    if cfg!(target_os = "linux") {
        peak(&std::fs::read_to_string("/proc/self/status").ok()?)
    } else {
        None
    }
}

/// The high-water mark in the text of `/proc/self/status`.
fn peak(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_work_takes_processor_time() {
        let before = thread_time();
        let mut sum = 0_u64;
        while thread_time() == before {
            sum = std::hint::black_box(sum.wrapping_add(1));
            assert!(sum < u64::MAX / 2);
        }
        assert!(thread_time() > before);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_mark_only_rises() {
        let before = peak_memory().unwrap();
        assert!(before > 1 << 20);
        let taken = vec![1_u8; usize::try_from(before).unwrap()];
        assert!(std::hint::black_box(&taken).iter().all(|byte| *byte == 1));
        assert!(peak_memory().unwrap() > before);
    }

    #[test]
    fn a_status_that_makes_no_sense_is_none() {
        assert_eq!(peak("Name:\theliogram\nVmHWM:\t  123456 kB\n"), Some(126_418_944));
        assert_eq!(peak("VmHWM:\t many kB"), None);
        assert_eq!(peak("VmHWM:\t 12"), None);
        assert_eq!(peak(""), None);
    }
}
