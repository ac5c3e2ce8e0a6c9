/**
 * A task's row never changes once inserted; where it stands is told by which other table it is in:
 * exactly one of ready, delayed, held, dead and done. Leasing moves a short row between two small
 * tables instead of rewriting a long one.
 *
 * All times are milliseconds of queue time (see time.ts). `rank` is minus the priority, so that
 * every index is read forwards. `tally` holds the sizes of the tables, because counting ten million
 * rows takes longer than a person waits for a status. `pulse` holds how many tasks were done or died
 * in each of the last seconds, so that a rate can be told at once. `note` holds small texts for all
 * who open the queue.
 */
export const schemaVersion = 3

/** Marks a file as ours in SQLite's header: "tskq". */
export const applicationId = 0x74736b71

/** Forward only: `migrations[n]` takes a file of version n to n + 1. */
export const migrations: readonly string[] = [
  `
  create table task (
    seq integer primary key,
    id text not null unique,
    body text not null,
    priority integer not null
  ) strict;
  create table ready (
    rank integer not null,
    seq integer not null,
    attempts integer not null,
    deliveries integer not null,
    primary key (rank, seq)
  ) strict, without rowid;
  create table delayed (
    seq integer primary key,
    until integer not null,
    attempts integer not null,
    deliveries integer not null
  ) strict;
  create index delayed_until on delayed (until);
  create table held (
    seq integer primary key,
    token integer not null,
    until integer not null,
    attempts integer not null,
    deliveries integer not null,
    worker text not null
  ) strict;
  create index held_until on held (until);
  create table dead (
    seq integer primary key,
    attempts integer not null,
    deliveries integer not null,
    worker text,
    reason text not null,
    record text
  ) strict;
  create table done (
    place integer primary key autoincrement,
    seq integer not null unique,
    attempts integer not null,
    deliveries integer not null,
    worker text not null,
    record text
  ) strict;
  create table tally (
    one integer primary key check (one = 1),
    ready integer not null,
    delayed integer not null,
    held integer not null,
    dead integer not null,
    done integer not null,
    last_token integer not null,
    largest_body integer not null
  ) strict;
  insert into tally values (1, 0, 0, 0, 0, 0, 0, 0);
  create table boot (
    one integer primary key check (one = 1),
    id text not null,
    offset integer not null
  ) strict;
  `,
  `
  create table pulse (
    second integer primary key,
    finished integer not null
  ) strict;
  `,
  `
  create table note (
    name text primary key,
    text text not null
  ) strict, without rowid;
  `,
]
