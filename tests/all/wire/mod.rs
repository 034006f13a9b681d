//! The wire over real sockets: a client, the door, and a next hop that may do anything.

mod dialogue;
mod faults;
mod limits;
mod listeners;
mod neighbours;
mod smuggling;
mod tls;
