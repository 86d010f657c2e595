//! TLS to Postgres and to RabbitMQ: where an address asks for it, the other side has to show a certificate that is
//! believed and that names it. Otherwise nothing is said to it, and the reason names the setting.
//!
//! A real Postgres and a real RabbitMQ, with certificates of a CA that only this test knows.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use pancake::bus::Bus;
use pancake::bus::rabbit::RabbitBus;
use pancake::kernel::config::StoreConfig;
use pancake::kernel::fault_injection::FailPoints;
use pancake::modules;
use pancake::store;
use rustix::process::{Pid, Signal, geteuid, kill_process};

use crate::nginx::free_port;
use crate::postgres::folder;
use crate::{broker, wait};

/// Two CAs, and a certificate for `localhost` by the first.
struct Papers(PathBuf);

impl Papers {
    fn make(at: PathBuf) -> Self {
        fs::create_dir_all(&at).unwrap();
        fs::write(at.join("names"), "subjectAltName=DNS:localhost\n").unwrap();
        let papers = Self(at);
        for ca in ["ca", "other"] {
            papers.openssl(&format!(
                "req -x509 -nodes -newkey rsa:2048 -days 2 -subj /CN={ca} -keyout {ca}.key -out {ca}.pem"
            ));
        }
        papers.openssl("req -nodes -newkey rsa:2048 -subj /CN=localhost -keyout site.key -out site.csr");
        let sign = "x509 -req -in site.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out site.pem";
        papers.openssl(sign);
        papers
    }

    fn openssl(&self, words: &str) {
        let mut command = Command::new("openssl");
        command.args(words.split(' ')).current_dir(&self.0).stdout(Stdio::null()).stderr(Stdio::null());
        assert!(
            command.status().expect("openssl is installed: scripts/setup.sh test").success(),
            "openssl {words}"
        );
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

/// A Postgres that listens on the network, with or without TLS. It ends with the test.
struct Postgres {
    child: Child,
    port: String,
    home: PathBuf,
}

impl Postgres {
    async fn start(papers: &Papers, name: &str, tls: bool) -> Self {
        let port = free_port();
        // Postgres runs as an account that may not enter the folder in which this test was built.
        let home = std::env::temp_dir().join(format!("pancake-tls-{name}-{}", std::process::id()));
        fs::create_dir(&home).unwrap();
        own(&home);
        let data = home.join("data");
        let mut initdb = server_program("initdb");
        initdb.arg("-D").arg(&data).args(["-U", "site", "--auth=trust", "--encoding=UTF8", "--no-sync"]);
        assert!(initdb.arg("--locale=C.UTF-8").stdout(Stdio::null()).status().unwrap().success());
        for file in ["site.pem", "site.key"] {
            fs::copy(papers.0.join(file), home.join(file)).unwrap();
            fs::set_permissions(home.join(file), fs::Permissions::from_mode(0o600)).unwrap();
            own(&home.join(file));
        }
        let mut server = server_program("postgres");
        server.arg("-D").arg(&data).arg("-k").arg(&home).args([
            "-p",
            &port,
            "-c",
            "listen_addresses=127.0.0.1",
        ]);
        if tls {
            server
                .args(["-c", "ssl=on", "-c"])
                .arg(format!("ssl_cert_file={}", home.join("site.pem").display()));
            server.arg("-c").arg(format!("ssl_key_file={}", home.join("site.key").display()));
        }
        let child = server.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let postgres = Self { child, port, home };
        wait::until("Postgres listens", async || {
            std::net::TcpStream::connect(format!("127.0.0.1:{}", postgres.port)).is_ok()
        })
        .await;
        postgres
    }

    /// Opens the site's database there, or says why not.
    async fn opens(&self, host: &str, more: &str) -> Result<(), String> {
        let mut config = StoreConfig::for_tests(64);
        config.database_url = Some(format!("postgres://site@{host}:{}/postgres?{more}", self.port));
        match store::open(&config, &modules::registry()).await {
            Ok(store) => {
                drop(store);
                Ok(())
            }
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::INT);
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.home);
    }
}

/// Postgres does not run as root.
fn account() -> Option<u32> {
    geteuid().is_root().then_some(65_534)
}

fn own(path: &Path) {
    if let Some(account) = account() {
        chown(path, Some(account), None).unwrap();
    }
}

fn server_program(name: &str) -> Command {
    let folders =
        fs::read_dir("/usr/lib/postgresql").unwrap().flatten().map(|entry| entry.path().join("bin"));
    let found = folders.map(|folder| folder.join(name)).find(|program| program.is_file());
    let mut command = Command::new(found.expect("a Postgres in /usr/lib/postgresql"));
    if let Some(account) = account() {
        command.uid(account);
    }
    command.current_dir("/").stdin(Stdio::null());
    command
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_is_believed_by_its_certificate_only() {
    let papers = Papers::make(folder("tls-postgres"));
    let (secure, plain) =
        tokio::join!(Postgres::start(&papers, "secure", true), Postgres::start(&papers, "plain", false));
    let root = |ca: &str| format!("sslrootcert={}", papers.path(ca));
    let ours = root("ca.pem");
    for mode in ["require", "verify-full"] {
        let said =
            secure.opens("localhost", &format!("sslmode={mode}&{}", root("other.pem"))).await.unwrap_err();
        assert!(said.contains("DATABASE_URL asks for TLS") && said.contains("sslrootcert"), "{mode}: {said}");
        let said = secure.opens("localhost", &format!("sslmode={mode}")).await.unwrap_err();
        assert!(said.contains("DATABASE_URL asks for TLS"), "{mode}: {said}");
        let said = secure.opens("127.0.0.1", &format!("sslmode={mode}&{ours}")).await.unwrap_err();
        assert!(said.contains("DATABASE_URL asks for TLS"), "{mode}, another name: {said}");
        let said = plain.opens("localhost", &format!("sslmode={mode}&{ours}")).await.unwrap_err();
        assert!(said.contains("DATABASE_URL"), "{mode}, a server without TLS: {said}");
        assert_eq!(secure.opens("localhost", &format!("sslmode={mode}&{ours}")).await, Ok(()), "{mode}");
    }
    assert_eq!(plain.opens("localhost", "sslmode=disable").await, Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rabbitmq_is_believed_by_its_certificate_only() {
    let papers = Papers::make(folder("tls-broker"));
    let Some(mut broker) = broker::start(&papers.0.join("rabbit")).await else { return };
    let port = free_port();
    let settings = papers.0.join("rabbit/rabbitmq.conf");
    let tls = format!(
        "listeners.ssl.1 = 127.0.0.1:{port}\nssl_options.cacertfile = {}\nssl_options.certfile = {}\nssl_options.keyfile = {}\n",
        papers.path("ca.pem"),
        papers.path("site.pem"),
        papers.path("site.key"),
    );
    broker.stop().await;
    fs::write(&settings, fs::read_to_string(&settings).unwrap() + &tls).unwrap();
    broker.again().await.unwrap();

    let open = async |host: &str, port: &str, ca: &str| {
        let url = format!("amqps://guest:guest@{host}:{port}/%2f?cacertfile={}", papers.path(ca));
        RabbitBus::open(&url, "tls", vec!["chat"], FailPoints::default()).await.unwrap()
    };
    let good = open("localhost", &port, "ca.pem").await;
    wait::until("it works", async || good.report().fault.is_none()).await;
    good.close().await;
    let plain = broker.address().port().to_string();
    for (what, host, port, ca) in [
        ("another CA", "localhost", &port, "other.pem"),
        ("another name", "127.0.0.1", &port, "ca.pem"),
        ("a port without TLS", "localhost", &plain, "ca.pem"),
    ] {
        let bus = open(host, port, ca).await;
        wait::until("it says why", async || bus.report().fault.is_some()).await;
        println!("tls: {what}: {:?}", bus.report().fault);
        bus.close().await;
    }
    let refused = |url: &str| {
        let url = url.to_owned();
        async move { RabbitBus::open(&url, "tls", vec![], FailPoints::default()).await.err().unwrap().to_string() }
    };
    let said = refused("amqps://localhost/%2f?cacertfile=/nowhere.pem").await;
    assert!(said.contains("AMQP_URL") && said.contains("/nowhere.pem"), "{said}");
    let said = refused(&format!("amqps://localhost/%2f?cacertfile={}", papers.path("names"))).await;
    assert!(said.contains("it holds none"), "{said}");
    let said = refused(&format!("amqp://localhost/%2f?cacertfile={}", papers.path("ca.pem"))).await;
    assert!(said.contains("amqps://"), "{said}");
    broker.stop().await;
}
