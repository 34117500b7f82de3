//! A bare client of the sandbox: grammers' sender with a key exchange of our own, one connection,
//! one call at a time. What Telegram answers is seen as it is, with nothing in between.

#![allow(dead_code, reason = "each test crate uses its own part of this")]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::net::SocketAddr;
use std::time::Duration;

use grammers_crypto::{aes, factorize, generate_key_data_from_nonce};
use grammers_mtproto::{mtp, transport};
use grammers_mtsender::{InvocationError, Sender, ServerAddr};
use grammers_tl_types::{
    self as tl, Cursor, Deserializable, RemoteCall, Serializable, enums, functions as f, types as t,
};
use heliogram::sandbox::Sandbox;
use num_bigint::BigUint;
use rsa::pkcs1::DecodeRsaPublicKey;
use rsa::traits::PublicKeyParts;

/// One connection with a key of its own.
pub(crate) struct Client {
    pub(crate) sender: Sender<transport::Full, mtp::Encrypted>,
    pub(crate) address: SocketAddr,
    pub(crate) key: [u8; 256],
}

pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

pub(crate) fn sha1(bytes: &[u8]) -> [u8; 20] {
    use sha1::Digest;
    sha1::Sha1::digest(bytes).into()
}

/// The client's half of the key exchange, from the ready file's key.
pub(crate) async fn exchange(address: SocketAddr, rsa_public_key: &str) -> [u8; 256] {
    let public = rsa::RsaPublicKey::from_pkcs1_pem(rsa_public_key).unwrap();
    let mut sender =
        Sender::connect(transport::Full::new(), mtp::Plain::new(), ServerAddr::Tcp { address })
            .await
            .unwrap();
    let nonce = random();
    let enums::ResPq::Pq(pq) = sender.invoke(&f::ReqPqMulti { nonce }).await.unwrap();
    assert_eq!(pq.nonce, nonce);
    let (p, q) = factorize(u64::from_be_bytes(pq.pq[..].try_into().unwrap()));
    let (p, q) = (p.to_be_bytes()[4..].to_vec(), q.to_be_bytes()[4..].to_vec());
    let new_nonce = random();
    let inner = t::PQInnerData {
        pq: pq.pq.clone(),
        p: p.clone(),
        q: q.clone(),
        nonce,
        server_nonce: pq.server_nonce,
        new_nonce,
    };
    let key =
        grammers_crypto::rsa::Key::new(&public.n().to_string(), &public.e().to_string()).unwrap();
    let request = f::ReqDhParams {
        nonce,
        server_nonce: pq.server_nonce,
        p,
        q,
        public_key_fingerprint: pq.server_public_key_fingerprints[0],
        encrypted_data: grammers_crypto::rsa::encrypt_hashed(
            &enums::PQInnerData::Data(inner).to_bytes(),
            &key,
            &random(),
        ),
    };
    let enums::ServerDhParams::Ok(mut offered) = sender.invoke(&request).await.unwrap() else {
        panic!()
    };
    let (key, iv) = generate_key_data_from_nonce(&pq.server_nonce, &new_nonce);
    aes::ige_decrypt(&mut offered.encrypted_answer, &key, &iv);
    let mut cursor = Cursor::from_slice(&offered.encrypted_answer[20..]);
    let enums::ServerDhInnerData::Data(dh) =
        enums::ServerDhInnerData::deserialize(&mut cursor).unwrap();
    assert_eq!(
        sha1(&offered.encrypted_answer[20..20 + cursor.pos()]),
        offered.encrypted_answer[..20]
    );
    let (prime, b) =
        (BigUint::from_bytes_be(&dh.dh_prime), BigUint::from_bytes_be(&random::<256>()));
    let g_b = BigUint::from(u32::try_from(dh.g).unwrap()).modpow(&b, &prime);
    let inner = t::ClientDhInnerData {
        nonce,
        server_nonce: pq.server_nonce,
        retry_id: 0,
        g_b: g_b.to_bytes_be(),
    };
    let data = enums::ClientDhInnerData::Data(inner).to_bytes();
    let mut encrypted = [&sha1(&data)[..], &data].concat();
    encrypted.resize(encrypted.len().next_multiple_of(16), 0);
    aes::ige_encrypt(&mut encrypted, &key, &iv);
    let request =
        f::SetClientDhParams { nonce, server_nonce: pq.server_nonce, encrypted_data: encrypted };
    let enums::SetClientDhParamsAnswer::DhGenOk(done) = sender.invoke(&request).await.unwrap()
    else {
        panic!()
    };
    let shared = BigUint::from_bytes_be(&dh.g_a).modpow(&b, &prime).to_bytes_be();
    let mut bytes = [0; 256];
    bytes[256 - shared.len()..].copy_from_slice(&shared);
    let hash = grammers_crypto::AuthKey::from_bytes(bytes).calc_new_nonce_hash(&new_nonce, 1);
    assert_eq!(done.new_nonce_hash1, hash);
    bytes
}

pub(crate) fn hello() -> impl RemoteCall<Return = enums::Config> {
    f::InvokeWithLayer {
        layer: tl::LAYER,
        query: f::InitConnection {
            api_id: 1,
            device_model: "test".into(),
            system_version: "1".into(),
            app_version: "1".into(),
            system_lang_code: "en".into(),
            lang_pack: String::new(),
            lang_code: "en".into(),
            proxy: None,
            params: None,
            query: f::help::GetConfig {},
        },
    }
}

impl Client {
    /// A new key at one of the data centres.
    pub(crate) async fn new(sandbox: &Sandbox, dc: i32) -> Self {
        let address = sandbox.addresses().into_iter().find(|(id, _)| *id == dc).unwrap().1;
        let key = exchange(address, &sandbox.ready().rsa_public_key).await;
        Self::with_key(address, key).await.unwrap()
    }

    pub(crate) async fn connect(address: SocketAddr, key: [u8; 256]) -> std::io::Result<Self> {
        let mtp = mtp::Encrypted::build().finish(key);
        let sender =
            Sender::connect(transport::Full::new(), mtp, ServerAddr::Tcp { address }).await?;
        Ok(Self { sender, address, key })
    }

    pub(crate) async fn with_key(
        address: SocketAddr,
        key: [u8; 256],
    ) -> Result<Self, InvocationError> {
        let mut client = Self::connect(address, key).await.map_err(InvocationError::Io)?;
        client.sender.invoke(&hello()).await?;
        Ok(client)
    }

    pub(crate) async fn call<R: RemoteCall>(
        &mut self,
        request: &R,
    ) -> Result<R::Return, InvocationError> {
        tokio::time::timeout(Duration::from_mins(1), self.sender.invoke(request))
            .await
            .expect("an answer in time")
    }

    /// Calls again over new connections until one of them carries the answer.
    pub(crate) async fn insist<R: RemoteCall>(&mut self, request: &R) -> R::Return {
        for _ in 0..200 {
            match self.call(request).await {
                Ok(answer) => return answer,
                Err(InvocationError::Rpc(error)) => panic!("{error}"),
                Err(_) => {
                    if let Ok(fresh) = Self::connect(self.address, self.key).await {
                        *self = fresh;
                    }
                }
            }
        }
        panic!("200 connections were not enough");
    }

    pub(crate) async fn send_code(&mut self, phone: &str) -> Result<String, InvocationError> {
        let request = f::auth::SendCode {
            phone_number: phone.into(),
            api_id: 1,
            api_hash: "hash".into(),
            settings: t::CodeSettings {
                allow_flashcall: false,
                current_number: false,
                allow_app_hash: false,
                allow_missed_call: false,
                allow_firebase: false,
                unknown_number: false,
                logout_tokens: None,
                token: None,
                app_sandbox: None,
            }
            .into(),
        };
        let enums::auth::SentCode::Code(sent) = self.call(&request).await? else { panic!() };
        Ok(sent.phone_code_hash)
    }

    pub(crate) async fn sign_in(
        &mut self,
        phone: &str,
        code: &str,
    ) -> Result<enums::auth::Authorization, InvocationError> {
        let phone_code_hash = self.send_code(phone).await?;
        let request = f::auth::SignIn {
            phone_number: phone.into(),
            phone_code_hash,
            phone_code: Some(code.into()),
            email_verification: None,
        };
        self.call(&request).await
    }

    pub(crate) async fn check_password(
        &mut self,
        password: &str,
    ) -> Result<enums::auth::Authorization, InvocationError> {
        let enums::account::Password::Password(challenge) =
            self.call(&f::account::GetPassword {}).await?;
        let Some(enums::PasswordKdfAlgo::Sha256Sha256Pbkdf2Hmacsha512iter100000Sha256ModPow(algo)) =
            challenge.current_algo
        else {
            panic!()
        };
        let (m1, a) = grammers_crypto::two_factor_auth::calculate_2fa(
            &algo.salt1,
            &algo.salt2,
            &algo.p,
            &algo.g,
            challenge.srp_b.unwrap(),
            random::<256>().to_vec(),
            password,
        );
        let srp_id = challenge.srp_id.unwrap();
        let password = t::InputCheckPasswordSrp { srp_id, a: a.to_vec(), m1: m1.to_vec() }.into();
        self.call(&f::auth::CheckPassword { password }).await
    }

    /// Who the server thinks this is.
    pub(crate) async fn whoami(&mut self) -> Result<t::User, InvocationError> {
        let id = vec![enums::InputUser::UserSelf];
        let mut users = self.call(&f::users::GetUsers { id }).await?;
        let enums::User::User(user) = users.remove(0) else { panic!() };
        Ok(user)
    }
}

/// `401 NAME` of a refusal.
pub(crate) fn refusal<T: std::fmt::Debug>(answer: Result<T, InvocationError>) -> String {
    match answer.unwrap_err() {
        InvocationError::Rpc(error) => match error.value {
            Some(value) => format!("{} {} {value}", error.code, error.name),
            None => format!("{} {}", error.code, error.name),
        },
        other => panic!("{other}"),
    }
}
