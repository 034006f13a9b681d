//! `/accounts`: who may sign in, and as what. For admins alone; nobody changes their own rights here, and
//! the last admin stays one.

use std::sync::Arc;

use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::Ctx;
use super::error_page::{Fault, form_encoded};
use super::page::{Frame, html};
use super::password::weakness;
use super::visitor::Signed;
use message::Address;
use store::people::{Account, Change, Changed, Role};

#[derive(askama::Template)]
#[template(path = "accounts.html")]
struct AccountList {
    f: Frame,
    accounts: Vec<Account>,
    done: Option<(&'static str, &'static str)>,
    elsewhere: bool,
}

#[derive(askama::Template)]
#[template(path = "account_of.html")]
struct AccountOne {
    f: Frame,
    account: Account,
    own: bool,
}

impl AccountList {
    fn path(&self, account: &Account) -> String {
        path(&account.name)
    }
}

impl AccountOne {
    fn path(&self) -> String {
        path(&self.account.name)
    }
}

/// What a role may do, in the reader's language.
pub fn role_of<'a>(f: &Frame, role: &Role) -> &'a str {
    let (ja, en) = match role {
        Role::Admin => ("管理者", "Administrator"),
        Role::Approver => ("承認者", "Approver"),
        Role::Auditor => ("監査担当", "Auditor"),
    };
    f.of(ja, en)
}

/// What was just done, for the page to say.
#[derive(serde::Deserialize)]
pub struct Done {
    #[serde(default)]
    done: String,
}

/// `GET /accounts`
pub async fn list(
    State(ctx): State<Arc<Ctx>>,
    signed: Signed,
    Query(done): Query<Done>,
) -> Result<Response, Fault> {
    admin(&signed)?;
    let accounts = ctx.guard.store.accounts().await?;
    let done = match done.done.as_str() {
        "added" => Some(("アカウントを追加しました。", "The account was added.")),
        "role" => Some(("役割を変更しました。", "The role was changed.")),
        "password" => Some((
            "パスワードを設定しました。次のサインインで本人が変更します。",
            "The password was set; they change it when they next sign in.",
        )),
        "disable" => Some(("アカウントを停止しました。", "The account was disabled.")),
        "enable" => Some(("アカウントを再開しました。", "The account was enabled.")),
        _ => None,
    };
    let elsewhere = ctx.oidc.is_some();
    html(&AccountList { f: Frame::new(&ctx, &signed.visitor), accounts, done, elsewhere })
}

/// Who is to have an account.
#[derive(serde::Deserialize)]
pub struct Added {
    #[serde(default)]
    csrf: String,
    name: String,
    #[serde(default)]
    display: String,
    role: Role,
    /// None where they sign in elsewhere.
    #[serde(default)]
    password: String,
}

/// `POST /accounts`: makes an account. Its password is changed at the first sign-in.
pub async fn add(
    State(ctx): State<Arc<Ctx>>,
    signed: Signed,
    Form(form): Form<Added>,
) -> Result<Response, Fault> {
    may(&signed, &form.csrf)?;
    let no_address = Fault::Bad("メールアドレスが正しくありません。", "This is no mail address.");
    let name = Address::parse(&form.name).ok_or(no_address)?.key();
    let password = match form.password.is_empty() && ctx.oidc.is_some() {
        true => None,
        false => Some(hashed(&ctx, form.password, &name).await?),
    };
    let display: String = form.display.trim().chars().filter(|c| !c.is_control()).take(100).collect();
    let account = Account {
        display: if display.is_empty() { name.clone() } else { display },
        role: form.role,
        must_change: password.is_some(),
        password,
        created_at: ctx.guard.store.clock().now(),
        disabled_at: None,
        name,
    };
    let entry = account.entry(account.created_at, &signed.user.name);
    match ctx.guard.store.add_account(account, entry).await? {
        true => Ok(Redirect::to("/accounts?done=added").into_response()),
        false => Err(Fault::Bad(
            "このメールアドレスのアカウントは、すでにあります。",
            "This address has an account already.",
        )),
    }
}

/// `GET /accounts/{name}`
pub async fn show(
    State(ctx): State<Arc<Ctx>>,
    signed: Signed,
    Path(name): Path<String>,
) -> Result<Response, Fault> {
    admin(&signed)?;
    let account = ctx.guard.store.account(&name).await?.ok_or(Fault::NotFound)?;
    let own = account.name == signed.user.name;
    html(&AccountOne { f: Frame::new(&ctx, &signed.visitor), account, own })
}

/// What is to change of an account.
#[derive(serde::Deserialize)]
pub struct Changes {
    #[serde(default)]
    csrf: String,
    /// `role`, `password`, `disable` or `enable`.
    what: String,
    role: Option<Role>,
    #[serde(default)]
    password: String,
}

/// `POST /accounts/{name}`: changes one.
pub async fn change(
    State(ctx): State<Arc<Ctx>>,
    signed: Signed,
    Path(name): Path<String>,
    Form(form): Form<Changes>,
) -> Result<Response, Fault> {
    may(&signed, &form.csrf)?;
    let name = ctx.guard.store.account(&name).await?.ok_or(Fault::NotFound)?.name;
    if name == signed.user.name {
        return Err(Fault::Bad(
            "自分のアカウントの役割や停止は、ほかの管理者に頼んでください。",
            "Another administrator has to change your own account.",
        ));
    }
    let (done, change) = match (form.what.as_str(), form.role) {
        ("role", Some(role)) => ("role", Change::Role(role)),
        ("password", _) => {
            let hash = hashed(&ctx, form.password, &name).await?;
            ("password", Change::Password { hash, must_change: true })
        }
        ("disable", _) => ("disable", Change::Disable),
        ("enable", _) => ("enable", Change::Enable),
        _ => return Err(Fault::Bad("操作が正しくありません。", "There is no such change.")),
    };
    let entry = change.entry(ctx.guard.store.clock().now(), &name, &signed.user.name);
    match ctx.guard.store.change_account(&name, change, entry).await? {
        Changed::Done => Ok(Redirect::to(&format!("/accounts?done={done}")).into_response()),
        Changed::Missing => Err(Fault::NotFound),
        Changed::LastAdmin => Err(Fault::Bad(
            "最後の管理者です。先に、ほかの人を管理者にしてください。",
            "This is the last administrator. Make somebody else one first.",
        )),
    }
}

async fn hashed(ctx: &Ctx, password: String, name: &str) -> Result<String, Fault> {
    if let Some((ja, en)) = weakness(&password, name) {
        return Err(Fault::Bad(ja, en));
    }
    ctx.turns.hash(password).await
}

fn path(name: &str) -> String {
    format!("/accounts/{}", form_encoded(name).replace('/', "%2F"))
}

fn admin(signed: &Signed) -> Result<(), Fault> {
    if signed.user.manages() { Ok(()) } else { Err(Fault::Forbidden) }
}

fn may(signed: &Signed, csrf: &str) -> Result<(), Fault> {
    signed.check(csrf)?;
    admin(signed)
}
