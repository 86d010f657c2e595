//! Statements on the tables that every module has (`schemas/spine`), with the schema's name in them.

use std::sync::Arc;

/// Declares the statements; `{m}` in them is the module's schema.
macro_rules! statements {
    ($($(#[doc = $says:literal])+ $name:ident = $sql:literal;)+) => {
        /// The statements of one module. Made once a module, prepared once a connection.
        pub struct SpineSql {
            $($(#[doc = $says])+ pub $name: Arc<str>,)+
        }

        impl SpineSql {
            pub(super) fn new(schema: &str) -> Self {
                Self { $($name: format!($sql, m = schema).into(),)+ }
            }
        }
    };
}

statements! {
    /// Publishes. Refused, with no row written, while the module is rebuilt.
    write_outbox =
        "insert into {m}.outbox (event, name, key, at, subjects, payload, cause)
         select event, name, key, at, string_to_array(subjects, ',')::uuid[], payload::json, $7
         from unnest($1::uuid[], $2::text[], $3::uuid[], $4::timestamptz[], $5::text[], $6::text[])
              with ordinality as row (event, name, key, at, subjects, payload, number)
         where not exists (select from {m}.consumer_lease where rebuilding is not null)
         order by number";

    /// The same with one row, as nearly every command has it: nothing to expand, and nothing to sort.
    write_outbox_row =
        "insert into {m}.outbox (event, name, key, at, subjects, payload, cause)
         select ($1::uuid[])[1], ($2::text[])[1], ($3::uuid[])[1], ($4::timestamptz[])[1],
                string_to_array(($5::text[])[1], ',')::uuid[], ($6::text[])[1]::json, $7
         where not exists (select from {m}.consumer_lease where rebuilding is not null)";

    /// Waits for every transaction that has written to it.
    close_outbox = "lock table {m}.outbox in access exclusive mode";

    /// Takes the head, unless another relay has it.
    lock_head = "select pos, epoch from {m}.head for update skip locked";

    /// Moves so many outbox rows to after a position. Says how many there were.
    sequence =
        "with top as materialized (select id from {m}.outbox order by id limit $1),
         moved as (delete from {m}.outbox o using top where o.id = top.id returning o.*),
         placed as (select $2 + row_number() over (order by id) as pos, * from moved),
         written as (
             insert into {m}.journal (pos, event, name, key, at, subjects, payload, cause)
             select pos, event, name, key, at, subjects, payload, cause from placed order by pos returning pos
         )
         select count(*) from written";

    /// Moves the head to a position.
    move_head = "update {m}.head set pos = $1";

    /// Begins a new epoch (`store/restored.rs`).
    raise_epoch =
        "with raised as (
             update {m}.head set epoch = greatest(epoch + 1, $1)
             returning pos, epoch),
              noted as (insert into {m}.epoch (epoch, after) select epoch, pos from raised)
         select pos, epoch from raised";

    /// Up to where the journal is the one of an epoch, if there are later ones.
    epoch_end = "select min(after) from {m}.epoch where epoch > $1";

    /// The journal's end, as committed.
    read_head = "select pos, epoch from {m}.head";

    /// Entries after a position, so many.
    read_journal =
        "select pos, event, name, key, at, payload, cause from {m}.journal where pos > $1 order by pos limit $2";

    /// Entries after a position, so many, up to another, of some types.
    read_types =
        "select pos, event, name, key, at, payload, cause from {m}.journal
         where pos > $1 and pos <= $3 and name = any($4) order by pos limit $2";

    /// The newest entries of a type, so many.
    read_newest =
        "select pos, event, name, key, at, payload, cause from {m}.journal where name = $1 order by pos desc limit $2";

    /// Empties the entries between two positions that tell of a member.
    erase =
        "update {m}.journal set payload = null
         where pos > $1 and pos <= $2 and payload is not null and $3 = any(subjects) returning event";

    /// Empties parked entries.
    erase_letters = "update {m}.dead_letter set payload = null where source = $1 and event = any($2)";

    /// Deletes the entries between two positions that are older than their types are kept.
    trim =
        "delete from {m}.journal j using unnest($3::text[], $4::timestamptz[]) as old (name, before)
         where j.pos > $1 and j.pos <= $2 and j.name = old.name and j.at < old.before";

    /// Whether everything between two positions is from before a time.
    is_old = "select not exists (select from {m}.journal where pos > $1 and pos <= $2 and at >= $3)";

    /// Up to where the journal was trimmed.
    read_floor = "select floor from {m}.head";

    /// Notes that it was trimmed further.
    raise_floor = "update {m}.head set floor = $1 where floor < $1";

    /// Takes the consumer lease, unless another node holds it; says whether the module is being rebuilt. Effects and offset
    /// are lost together if the server dies in the next moment, and are read again then: nobody waits for the disk.
    take_lease =
        "select rebuilding is not null, set_config('synchronous_commit', 'off', true)
         from {m}.consumer_lease for update skip locked";

    /// Begins a rebuild.
    set_rebuilding = "update {m}.consumer_lease set rebuilding = $1";

    /// Ends it.
    end_rebuilding = "update {m}.consumer_lease set rebuilding = null";

    /// Waits for the consumer lease; says who rebuilds.
    check_rebuilding = "select rebuilding from {m}.consumer_lease for update";

    /// How far the module has read a source, and whether it has letters of it.
    read_offset =
        "select epoch, pos, subscription, filled, stopped,
                exists (select from {m}.dead_letter where source = $1) as letters
         from {m}.offsets where source = $1";

    /// Begins a source that the module never read.
    begin_offset =
        "insert into {m}.offsets (source, epoch, pos, subscription) values ($1, $2, 0, $3) on conflict (source) do nothing";

    /// Notes how far.
    write_offset =
        "insert into {m}.offsets (source, epoch, pos, subscription) values ($1, $2, $3, $4)
         on conflict (source) do update set epoch = excluded.epoch, pos = excluded.pos";

    /// Notes how far new types of a source are caught up with; at the end, that they are.
    fill_offset =
        "update {m}.offsets set filled = case when $2 < pos then $2 else 0 end,
              subscription = case when $2 < pos then subscription else $3 end
         where source = $1";

    /// Goes on in a later epoch.
    enter_epoch =
        "update {m}.offsets set epoch = $2 where source = $1 and epoch = $3 and pos = $4 and stopped is null";

    /// Reads no more of a source, for a reason.
    stop_offset = "update {m}.offsets set stopped = $2 where source = $1 and stopped is null";

    /// Begins every source anew.
    forget_offsets = "delete from {m}.offsets";

    /// Which of some keys have letters.
    parked = "select distinct key from {m}.dead_letter where source = $1 and key = any($2)";

    /// Puts an entry aside.
    park =
        "insert into {m}.dead_letter (source, pos, event, name, key, at, payload, error)
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing";

    /// Gives all letters up.
    forget_letters = "delete from {m}.dead_letter";

    /// The letters, so many.
    letters =
        "select source, pos, name, key, at, error from {m}.dead_letter order by source, key, pos limit $1";

    /// The first letter of a key.
    first_letter =
        "select pos, event, name, key, at, payload, null::uuid as cause from {m}.dead_letter
         where source = $1 and key = $2 order by pos limit 1";

    /// Takes a letter away.
    drop_letter = "delete from {m}.dead_letter where source = $1 and pos = $2";

    /// Notes why a letter failed again.
    blame_letter = "update {m}.dead_letter set error = $3 where source = $1 and pos = $2";

    /// The tables that are the module's own, and not the spine's.
    tables =
        "select tablename::text from pg_tables where schemaname = '{m}' and tablename not like '%migrations'
         and tablename not in ('outbox', 'head', 'journal', 'offsets', 'consumer_lease', 'dead_letter', 'epoch')
         order by tablename";

    /// Where the journal, the outbox and the dead letters stand.
    state =
        "select pos, epoch, floor, (select count(*) from {m}.outbox) as outbox,
              (select count(*) from {m}.dead_letter) as parked,
              (select rebuilding is not null from {m}.consumer_lease) as rebuilding
         from {m}.head";

    /// How far the module has read all sources.
    offsets = "select source, pos, stopped from {m}.offsets";
}
