//! The page of the API: it runs under the house's policy, and all that it loads is ours and kept by browsers.

use crate::house::{Ask, House};

#[tokio::test]
async fn docs_load_from_here_only() {
    let house = House::open("house_docs", 80).await;
    let page = house.ask(&Ask::get("/api/docs"), None).await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    // Icons inside a style sheet are what it may show, and nothing that a member is about to upload.
    let other = house.ask(&Ask::get("/login"), None).await;
    let csp = page.header("content-security-policy");
    assert_eq!(
        csp.replace("img-src 'self' data:", "img-src 'self' blob:"),
        other.header("content-security-policy")
    );
    assert_ne!(csp, other.header("content-security-policy"));
    let text = page.text();
    let linked =
        [" src=\"", " href=\"", " data-document=\""].into_iter().flat_map(|start| text.split(start).skip(1));
    let linked: Vec<&str> = linked.filter_map(|rest| rest.split('"').next()).collect();
    assert!(linked.len() >= 8, "{linked:?}");
    for address in linked {
        assert!(address.starts_with('/') && !address.starts_with("//"), "{address}");
        let answer = house.ask(&Ask::get(address), None).await;
        assert_eq!(answer.status, 200, "{address}");
        let for_ever = answer.header("cache-control").ends_with("immutable");
        assert_eq!(for_ever, address.starts_with("/static/"), "{address}");
    }
    house.close().await;
}
