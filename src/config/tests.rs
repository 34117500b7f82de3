//! The rules of a home, from the front door.

use std::path::PathBuf;

use rsa::pkcs1::LineEnding;

use super::key::tests::pem;
use super::*;

fn server(key: u64, port: u16) -> CustomServer {
    let address = ([127, 0, 0, 1], port).into();
    CustomServer { address, dc_id: 2, rsa_public_key: pem(key, LineEnding::LF) }
}

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn open(&self, asked: Option<CustomServer>) -> Result<Config, ConfigError> {
        Config::decide(Places::under(self.0.path()), asked, &|_| None)
    }

    fn app(&self) -> PathBuf {
        Places::under(self.0.path()).app_file()
    }

    fn write_app(&self, text: &str) {
        std::fs::create_dir_all(self.app().parent().unwrap()).unwrap();
        std::fs::write(self.app(), text).unwrap();
    }
}

#[test]
fn looking_at_a_fresh_home_does_not_claim_it() {
    let home = Home::new();
    assert_eq!(home.open(None).unwrap().server, Server::Telegram);
    assert_eq!(std::fs::read_dir(home.0.path()).unwrap().count(), 0);
    let custom = home.open(Some(server(5, 1))).unwrap();
    assert_eq!(custom.server, Server::Custom(server(5, 1)));
    custom.claim().unwrap();
    assert_eq!(home.open(None).unwrap().server, Server::Custom(server(5, 1)));
}

#[test]
fn a_home_belongs_to_one_server_by_its_key() {
    let home = Home::new();
    home.open(Some(server(5, 1))).unwrap().claim().unwrap();
    // Started again on another port: the same server, and the new address counts.
    let moved = home.open(Some(server(5, 2))).unwrap();
    assert_eq!(moved.server, Server::Custom(server(5, 2)));
    assert_eq!(home.open(None).unwrap().server, Server::Custom(server(5, 1)));
    moved.claim().unwrap();
    assert_eq!(home.open(None).unwrap().server, Server::Custom(server(5, 2)));

    let error = home.open(Some(server(7, 2))).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    let text = error.to_string();
    assert!(text.contains(home.0.path().to_str().unwrap()), "{text}");
    assert!(text.contains("belongs to the server at 127.0.0.1:2"), "{text}");
}

#[test]
fn telegrams_home_refuses_others_and_so_does_one_claimed_meanwhile() {
    let home = Home::new();
    let late = home.open(Some(server(5, 1))).unwrap();
    home.open(None).unwrap().claim().unwrap();
    assert!(matches!(home.open(Some(server(5, 1))), Err(ConfigError::OtherServer { .. })));
    assert!(matches!(late.claim(), Err(ConfigError::OtherServer { .. })));

    let home = Home::new();
    let data = Places::under(home.0.path()).data;
    std::fs::create_dir_all(&data).unwrap();
    std::fs::write(data.join("session"), "of somebody").unwrap();
    assert!(matches!(home.open(Some(server(5, 1))), Err(ConfigError::OtherServer { .. })));
}

#[test]
fn a_newer_or_broken_claim_is_refused() {
    let home = Home::new();
    home.open(None).unwrap().claim().unwrap();
    let file = Places::under(home.0.path()).endpoint_file();
    for text in ["version = 2\nserver = \"telegram\"", "version = 1\nserver = \"custom\"", "?"] {
        std::fs::write(&file, text).unwrap();
        let error = home.open(None).unwrap_err().to_string();
        assert!(error.contains("endpoint.toml, line 1"), "{error}");
    }
}

#[test]
fn the_test_servers_are_chosen_in_the_file() {
    let home = Home::new();
    home.write_app("server = \"test\"\n");
    home.open(None).unwrap().claim().unwrap();
    home.write_app("");
    assert_eq!(home.open(None).unwrap().server, Server::TestServers);
}

#[test]
fn a_broken_app_file_is_named_with_its_line_and_without_its_content() {
    let home = Home::new();
    let api = "[api]\nid = 1\nhash = \"0123456789abcdef0123456789abcdeX\"\n";
    for (text, number, says) in [
        ("theme = \"dark\"\nmax_connections = 99\n", 2, "from 1 to 16"),
        ("\n\ntheme = \"blue\"\n", 3, "\"light\", \"dark\", \"system\""),
        ("a = 1\nthumbnail_budget_bytes = \"lots\"\n", 2, "invalid type"),
        ("a = 1\n\nb = = 0123456789abcdef\n", 3, ""),
        (api, 1, "32 hexadecimal digits"),
        ("x = 1\n[api]\nhash = \"0123456789abcdef0123456789abcdef\"\n", 2, "id = NUMBER"),
        (
            "theme = \"dark\"\n[dates]\nread_heads = true\ncap_megabytes = 0\n",
            4,
            "from 1 to 1000000",
        ),
        ("[dates]\nread_heads = 7\n", 2, "invalid type"),
        ("server = 1", 1, "\"telegram\" or \"test\""),
    ] {
        home.write_app(text);
        let error = home.open(None).unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.contains(&format!("app.toml, line {number}: ")), "{text}");
        assert!(text.contains(says) && !text.contains("0123456789abcde"), "{text}");
    }
}

#[test]
fn credentials_are_remembered_and_strangers_kept() {
    let home = Home::new();
    let hash = "0123456789abcdef0123456789abcdef".to_owned();
    let config = home.open(None).unwrap();
    assert!(config.remember_api(ApiCredentials { id: 0, hash: hash.clone() }).is_err());
    config.remember_api(ApiCredentials { id: 1, hash: hash.clone() }).unwrap();
    assert_eq!(home.open(None).unwrap().api.unwrap().id, 1);

    let mine = "# mine\nfrom_the_future = 7\nmax_connections = 3\n[dates]\nfar_future = 8\ncap_megabytes = 5";
    home.write_app(mine);
    config.remember_api(ApiCredentials { id: 2, hash: hash.clone() }).unwrap();
    config.remember_api(ApiCredentials { id: 3, hash }).unwrap();
    let settings = Settings { theme: "light".to_owned(), ..home.open(None).unwrap().settings };
    config.remember_settings(&settings).unwrap();
    let again = home.open(None).unwrap();
    assert_eq!(again.api.unwrap().id, 3);
    assert_eq!((again.settings.theme.as_str(), again.settings.max_connections), ("light", 3));
    assert_eq!(again.settings.dates, Dates { read_heads: true, cap_megabytes: 5 });
    let text = std::fs::read_to_string(home.app()).unwrap();
    assert!(text.contains("from_the_future = 7") && text.contains("far_future = 8"), "{text}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(home.app()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn settings_are_written_between_the_lines_of_the_user() {
    let home = Home::new();
    let mine =
        "# my choice\nmax_connections = 3 # slow line\n\n[dates]\n# never\nread_heads = false\n";
    home.write_app(mine);
    let config = home.open(None).unwrap();
    config.remember_settings(&config.settings).unwrap();
    assert_eq!(std::fs::read_to_string(home.app()).unwrap(), mine, "nothing was chosen");
    let mut settings = config.settings.clone();
    settings.max_connections = 4;
    settings.uploads.gentle = true;
    config.remember_settings(&settings).unwrap();
    assert_eq!(home.open(None).unwrap().settings, settings);
    let expected = format!("{}\n[uploads]\ngentle = true\n", mine.replace("= 3", "= 4"));
    assert_eq!(std::fs::read_to_string(home.app()).unwrap(), expected);
    // Back to what goes without saying.
    config.remember_settings(&Settings { max_connections: 4, ..config.settings.clone() }).unwrap();
    assert!(!home.open(None).unwrap().settings.uploads.gentle);
}
