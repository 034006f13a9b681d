//! Places on the web that a mail to outside should not lead to without a second look.

use super::links::Link;

/// A place on the web: a host (with a dot before it: that domain and all below it), and what the
/// path or the query has.
pub(super) struct Place {
    host: &'static str,
    at: At,
}

enum At {
    /// Anywhere on the host.
    Anywhere,
    /// The path begins so.
    Path(&'static str),
    /// The path has this.
    Within(&'static str),
    /// The path begins so, and the query has a pair that begins so.
    Query(&'static str, &'static str),
    /// The path begins so and has this behind.
    PathWith(&'static str, &'static str),
}

const fn place(host: &'static str, at: At) -> Place {
    Place { host, at }
}

/// Whether a link leads to one of these places.
pub(super) fn leads_to(link: &Link<'_>, places: &[Place]) -> bool {
    places.iter().any(|p| p.is_at(link))
}

impl Place {
    fn is_at(&self, link: &Link<'_>) -> bool {
        let on_host = match self.host.strip_prefix('.') {
            Some(domain) => {
                link.host == domain || link.host.strip_suffix(domain).is_some_and(|h| h.ends_with('.'))
            }
            None => link.host == self.host,
        };
        on_host
            && match self.at {
                At::Anywhere => true,
                At::Path(start) => link.path.starts_with(start),
                At::Within(part) => link.path.contains(part),
                At::Query(start, pair) => link.path.starts_with(start) && link.has_query(pair),
                At::PathWith(start, part) => {
                    link.path.strip_prefix(start).is_some_and(|rest| rest.contains(part))
                }
            }
    }
}

/// The answers, the analysis or the editing page of a form, instead of the form.
pub(super) static FORM_RESULTS: &[Place] = &[
    place("docs.google.com", At::PathWith("/forms/", "/viewanalytics")),
    place("docs.google.com", At::PathWith("/forms/", "/edit")),
    place("docs.google.com", At::PathWith("/forms/", "/responses")),
    place("docs.google.com", At::Query("/forms/", "edit2=")),
    place("docs.google.com", At::Query("/spreadsheets/", "usp=forms")),
    place(".forms.office.com", At::Within("/analysispage")),
    place(".forms.office.com", At::Within("/designpage")),
    place(".forms.office.com", At::Query("/", "analysis=true")),
    place("forms.microsoft.com", At::Within("/analysispage")),
    place("forms.microsoft.com", At::Within("/designpage")),
    place("forms.cloud.microsoft", At::Within("/analysispage")),
    place("forms.cloud.microsoft", At::Within("/designpage")),
    place(".surveymonkey.com", At::Path("/analyze/")),
    place(".surveymonkey.com", At::Path("/results/")),
    place(".surveymonkey.com", At::Path("/stories/")),
    place("admin.typeform.com", At::Path("/form/")),
    place(".typeform.com", At::Path("/report/")),
    place(".jotform.com", At::Path("/tables/")),
    place(".jotform.com", At::Path("/inbox/")),
    place(".jotform.com", At::Path("/report/")),
    place("form.run", At::Path("/admin")),
];

/// Shares that open for whoever has the link.
pub(super) static PUBLIC_SHARES: &[Place] = &[
    place("drive.google.com", At::Query("/", "usp=")),
    place("drive.google.com", At::Path("/open")),
    place("drive.google.com", At::Path("/uc")),
    place("docs.google.com", At::Query("/document/", "usp=sh")),
    place("docs.google.com", At::Query("/spreadsheets/", "usp=sh")),
    place("docs.google.com", At::Query("/presentation/", "usp=sh")),
    place("docs.google.com", At::PathWith("/document/", "/pub")),
    place("docs.google.com", At::PathWith("/spreadsheets/", "/pub")),
    place("docs.google.com", At::PathWith("/presentation/", "/pub")),
    place(".dropbox.com", At::Path("/s/")),
    place(".dropbox.com", At::Path("/sh/")),
    place(".dropbox.com", At::Path("/scl/")),
    place(".dropbox.com", At::Path("/t/")),
    place(".dropbox.com", At::Path("/transfer")),
    place(".dropboxusercontent.com", At::Anywhere),
    place("db.tt", At::Anywhere),
    place("1drv.ms", At::Anywhere),
    place("onedrive.live.com", At::Anywhere),
    place(".sharepoint.com", At::PathWith("/:", ":/g/")),
    place(".sharepoint.com", At::Within("/guestaccess.aspx")),
    place(".box.com", At::Path("/s/")),
    place(".box.com", At::Path("/shared/static/")),
    place(".box.com", At::Path("/v/")),
    place("share.icloud.com", At::Anywhere),
    place("www.icloud.com", At::Path("/iclouddrive/")),
    place(".gigafile.nu", At::Anywhere),
    place(".firestorage.jp", At::Anywhere),
    place(".firestorage.com", At::Anywhere),
    place("xfs.jp", At::Anywhere),
    place(".datadeliver.net", At::Anywhere),
    place("we.tl", At::Anywhere),
    place(".wetransfer.com", At::Path("/downloads/")),
    place(".wetransfer.com", At::Path("/t-")),
    place("mega.nz", At::Anywhere),
    place("sendanywhe.re", At::Anywhere),
    place("send-anywhere.com", At::Anywhere),
    place("gofile.io", At::Path("/d/")),
    place(".transfernow.net", At::Anywhere),
    place(".filemail.com", At::Path("/d/")),
    place(".mediafire.com", At::Path("/file")),
    place("u.pcloud.link", At::Anywhere),
];
