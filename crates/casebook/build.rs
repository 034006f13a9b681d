//! The rules and the casebook are part of the program: a change in them is a change of it.

fn main() {
    println!("cargo:rerun-if-changed=../../rules");
}
