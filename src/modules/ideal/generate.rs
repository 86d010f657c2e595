//! Made-up ideals, for measurements.

use sqlx::{PgConnection, query};

/// Those of everybody in the temporary table `person`.
pub async fn generate(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    query(
        "insert into ideal.ideal (member, gender, from_age, to_age)
         select member, ideal_gender, ideal_from, ideal_to from pg_temp.person",
    )
    .execute(conn)
    .await?;
    Ok(())
}
