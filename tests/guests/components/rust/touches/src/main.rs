// SPDX-License-Identifier: Apache-2.0 OR MIT

//! Touches what a program has of its surroundings and says what it found: touches.c in Rust.
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{env, fs, io, thread};

fn outcome<T>(result: io::Result<T>) -> String {
    result.map_or_else(|error| error.to_string(), |_| "done".into())
}

fn clocks() {
    let before = Instant::now();
    thread::sleep(Duration::from_millis(20));
    let slept = before.elapsed();
    let year = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let sleep = slept >= Duration::from_millis(20) && slept < Duration::from_secs(20);
    println!(
        "clocks: {} {}",
        if year > 1_700_000_000 { "after 2023" } else { "long ago" },
        if sleep { "slept" } else { "did not sleep" }
    );
}

/// What the library has of random numbers without a crate: the seeds of its hash maps.
fn random() {
    let number = || RandomState::new().build_hasher().finish();
    println!("random: {}", if number() != number() { "two that differ" } else { "none" });
}

fn files() {
    println!("file: {}", fs::read_to_string("/data/in.txt").unwrap_or_else(|error| error.to_string()));
    let _ = fs::write("/data/out.txt", "from the guest\n");
    println!("mkdir: {}", outcome(fs::create_dir("/data/made")));
    println!("rename: {}", outcome(fs::rename("/data/out.txt", "/data/made/out.txt")));
    let mut names: Vec<String> = fs::read_dir("/data")
        .map(|entries| entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
        .unwrap_or_default();
    names.sort();
    println!("dir: {}", names.join(" "));
    println!("size: {}", fs::metadata("/data/made/out.txt").map_or(-1, |told| told.len() as i64));
    match fs::File::open("/data/none") {
        Err(error) if error.kind() == ErrorKind::NotFound => println!("none: missing"),
        other => println!("none: {}", outcome(other)),
    }
    println!("outside: {}", if fs::File::open("/data/../secret").is_ok() { "there" } else { "refused" });
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    println!("args:{}", arguments.iter().map(|one| format!(" [{one}]")).collect::<String>());
    let mut environment: Vec<String> = env::vars().map(|(name, value)| format!("{name}={value}")).collect();
    environment.sort();
    println!("env: {}", environment.join(" "));
    let mut input = Vec::new();
    let _ = io::stdin().read_to_end(&mut input);
    println!("stdin: {} bytes", input.len());
    clocks();
    random();
    files();
    eprintln!("to the other stream");
    if arguments.last().is_some_and(|last| last == "fail") {
        std::process::exit(1);
    }
}
