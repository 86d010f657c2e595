//! Mail and other sites put their marks on links (`fbclid`, `utm_source`): a page is the same with them.

use axum::http::Method;
use pancake::kernel::module::Face;

use crate::bad_input::token_for;
use crate::house::{Ask, House};
use crate::routes::{actions, filled};

#[tokio::test]
async fn pages_ignore_what_they_do_not_know() {
    let house = House::open("house_marks", 80).await;
    let pages = actions(&house).into_iter().filter(|record| record.face == Face::Page);
    let mut looked = 0;
    for record in pages.filter(|record| record.action.method == Method::GET) {
        let token = token_for(&house, &record).await;
        let own = if record.path == "/live" { "after=chat:0" } else { "" };
        let ask = async |marks: &str| {
            // A stream has no end, and HEAD is answered the same.
            let ask = Ask::new(Method::HEAD, format!("{}?{own}{marks}", filled(&record)));
            let answer = house.ask(&ask, token.as_deref()).await;
            (ask, answer)
        };
        let plain = ask("").await.1.status;
        for marks in ["&fbclid=IwAR0_-x&utm_source=a&utm_source=b", "&gclid", "&__s=%00&ref[]=1"] {
            let (ask, answer) = ask(marks).await;
            if answer.status != plain || plain == 422 {
                house.fault(&ask, &answer, &format!("{plain} was expected"));
            }
            looked += 1;
        }
    }
    assert!(looked > 60, "{looked}");
    house.close().await;
}
