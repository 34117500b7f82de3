//! `help`: configuration of the data centres and limits of the service. Answered at once, for anybody.

use grammers_tl_types::{
    Cursor, Deserializable, Identifiable, Serializable, enums, functions as f, types,
};

use super::{Answer, Caller};
use crate::sandbox::server::{Server, now};

/// Clients ask for the configuration again after so many seconds.
const EXPIRES: i32 = 3600;

pub(super) fn call(server: &Server, caller: &Caller, id: u32, body: &[u8]) -> Option<Answer> {
    let answer = match id {
        f::help::GetConfig::CONSTRUCTOR_ID => {
            enums::Config::from(config(server, caller.dc)).to_bytes()
        }
        f::help::GetNearestDc::CONSTRUCTOR_ID => {
            let nearest_dc = server.addresses()[0].0;
            enums::NearestDc::from(types::NearestDc {
                country: "FR".into(),
                this_dc: caller.dc,
                nearest_dc,
            })
            .to_bytes()
        }
        f::help::GetAppConfig::CONSTRUCTOR_ID => return Some(app_config(body)),
        f::help::GetTermsOfServiceUpdate::CONSTRUCTOR_ID => {
            let expires = now() + EXPIRES;
            enums::help::TermsOfServiceUpdate::from(types::help::TermsOfServiceUpdateEmpty {
                expires,
            })
            .to_bytes()
        }
        f::help::GetCountriesList::CONSTRUCTOR_ID => return Some(countries(body)),
        f::help::GetPromoData::CONSTRUCTOR_ID => {
            let expires = now() + EXPIRES;
            enums::help::PromoData::from(types::help::PromoDataEmpty { expires }).to_bytes()
        }
        f::help::GetAppUpdate::CONSTRUCTOR_ID => enums::help::AppUpdate::NoAppUpdate.to_bytes(),
        _ => return None,
    };
    Some(Ok(answer))
}

/// Both data centres, marked static so that clients keep them in place of addresses they have.
fn config(server: &Server, this_dc: i32) -> types::Config {
    let option = |(id, address): (i32, std::net::SocketAddr)| {
        enums::DcOption::from(types::DcOption {
            ipv6: address.is_ipv6(),
            media_only: false,
            tcpo_only: false,
            cdn: false,
            r#static: true,
            this_port_only: true,
            id,
            ip_address: address.ip().to_string(),
            port: address.port().into(),
            secret: None,
        })
    };
    types::Config {
        default_p2p_contacts: false,
        preload_featured_stickers: false,
        revoke_pm_inbox: true,
        blocked_mode: false,
        force_try_ipv6: false,
        date: now(),
        expires: now() + EXPIRES,
        test_mode: false,
        this_dc,
        dc_options: server.addresses().into_iter().map(option).collect(),
        dc_txt_domain_name: String::new(),
        chat_size_max: 200,
        megagroup_size_max: 200_000,
        forwarded_count_max: 100,
        online_update_period_ms: 210_000,
        offline_blur_timeout_ms: 5_000,
        offline_idle_timeout_ms: 30_000,
        online_cloud_timeout_ms: 300_000,
        notify_cloud_delay_ms: 30_000,
        notify_default_delay_ms: 1_500,
        push_chat_period_ms: 60_000,
        push_chat_limit: 2,
        edit_time_limit: 172_800,
        revoke_time_limit: i32::MAX,
        revoke_pm_time_limit: i32::MAX,
        rating_e_decay: 2_419_200,
        stickers_recent_limit: 200,
        channels_read_media_period: 604_800,
        tmp_sessions: None,
        call_receive_timeout_ms: 20_000,
        call_ring_timeout_ms: 90_000,
        call_connect_timeout_ms: 30_000,
        call_packet_timeout_ms: 10_000,
        me_url_prefix: "https://t.me/".into(),
        autoupdate_url_prefix: None,
        gif_search_username: None,
        venue_search_username: None,
        img_search_username: None,
        static_maps_provider: None,
        caption_length_max: 1024,
        message_length_max: 4096,
        webfile_dc_id: this_dc,
        suggested_lang_code: None,
        lang_pack_version: None,
        base_lang_pack_version: None,
        reactions_default: None,
        autologin_token: None,
    }
}

/// Limits by name, <https://core.telegram.org/api/config#client-configuration>.
const LIMITS: [(&str, u32); 12] = [
    ("upload_max_fileparts_default", 4000),
    ("upload_max_fileparts_premium", 8000),
    ("caption_length_limit_default", 1024),
    ("caption_length_limit_premium", 4096),
    ("channels_limit_default", 500),
    ("channels_limit_premium", 1000),
    ("channels_public_limit_default", 10),
    ("channels_public_limit_premium", 20),
    ("dialogs_pinned_limit_default", 5),
    ("dialogs_pinned_limit_premium", 10),
    ("reactions_uniq_max", 11),
    ("about_length_limit_default", 70),
];
/// Names this set of limits, so that a client that has it is told "not modified".
const LIMITS_HASH: i32 = 1;

fn app_config(body: &[u8]) -> Answer {
    let request = f::help::GetAppConfig::deserialize(&mut Cursor::from_slice(&body[4..]))?;
    if request.hash == LIMITS_HASH {
        return Ok(enums::help::AppConfig::NotModified.to_bytes());
    }
    let limit = |(key, value): &(&str, u32)| -> enums::JsonobjectValue {
        types::JsonObjectValue {
            key: (*key).into(),
            value: types::JsonNumber { value: (*value).into() }.into(),
        }
        .into()
    };
    let config = types::JsonObject { value: LIMITS.iter().map(limit).collect() }.into();
    Ok(enums::help::AppConfig::from(types::help::AppConfig { hash: LIMITS_HASH, config })
        .to_bytes())
}

/// A few countries and the test numbers: enough for a client's list to be real.
const COUNTRIES: [(&str, &str, &str, &str); 8] = [
    ("BR", "Brazil", "55", "XX XXXXX XXXX"),
    ("DE", "Germany", "49", "XXX XXXXXXXX"),
    ("FR", "France", "33", "X XX XX XX XX"),
    ("GB", "United Kingdom", "44", "XXXX XXXXXX"),
    ("IN", "India", "91", "XXXXX XXXXX"),
    ("JP", "Japan", "81", "XX XXXX XXXX"),
    ("US", "USA", "1", "XXX XXX XXXX"),
    ("YL", "Test numbers", "999", "66X XXXX"),
];
const COUNTRIES_HASH: i32 = 1;

fn countries(body: &[u8]) -> Answer {
    let request = f::help::GetCountriesList::deserialize(&mut Cursor::from_slice(&body[4..]))?;
    if request.hash == COUNTRIES_HASH {
        return Ok(enums::help::CountriesList::NotModified.to_bytes());
    }
    let country = |(iso2, name, code, pattern): &(&str, &str, &str, &str)| -> enums::help::Country {
        let code = types::help::CountryCode {
            country_code: (*code).into(),
            prefixes: None,
            patterns: Some(vec![(*pattern).into()]),
        };
        types::help::Country {
            hidden: false,
            iso2: (*iso2).into(),
            default_name: (*name).into(),
            name: None,
            country_codes: vec![code.into()],
        }
        .into()
    };
    let list = types::help::CountriesList {
        countries: COUNTRIES.iter().map(country).collect(),
        hash: COUNTRIES_HASH,
    };
    Ok(enums::help::CountriesList::from(list).to_bytes())
}
