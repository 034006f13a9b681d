//! Places on the web that a mail to outside should not lead to without a second look.

use super::links::Link;

/// A place on the web: a host (with a dot before it: that domain and all below it), and what the
/// path or the query has.
pub(super) struct Place {
    host: &'static str,
    at: PlaceAt,
}

enum PlaceAt {
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

const fn place(host: &'static str, at: PlaceAt) -> Place {
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
                PlaceAt::Anywhere => true,
                PlaceAt::Path(start) => link.path.starts_with(start),
                PlaceAt::Within(part) => link.path.contains(part),
                PlaceAt::Query(start, pair) => link.path.starts_with(start) && link.has_query(pair),
                PlaceAt::PathWith(start, part) => {
                    link.path.strip_prefix(start).is_some_and(|rest| rest.contains(part))
                }
            }
    }
}

/// The answers, the analysis or the editing page of a form, instead of the form.
pub(super) static FORM_RESULTS: &[Place] = &[
    place("docs.google.com", PlaceAt::PathWith("/forms/", "/viewanalytics")),
    place("docs.google.com", PlaceAt::PathWith("/forms/", "/edit")),
    place("docs.google.com", PlaceAt::PathWith("/forms/", "/responses")),
    place("docs.google.com", PlaceAt::Query("/forms/", "edit2=")),
    place("docs.google.com", PlaceAt::Query("/spreadsheets/", "usp=forms")),
    place(".forms.office.com", PlaceAt::Within("/analysispage")),
    place(".forms.office.com", PlaceAt::Within("/designpage")),
    place(".forms.office.com", PlaceAt::Query("/", "analysis=true")),
    place("forms.microsoft.com", PlaceAt::Within("/analysispage")),
    place("forms.microsoft.com", PlaceAt::Within("/designpage")),
    place("forms.cloud.microsoft", PlaceAt::Within("/analysispage")),
    place("forms.cloud.microsoft", PlaceAt::Within("/designpage")),
    place(".surveymonkey.com", PlaceAt::Path("/analyze/")),
    place(".surveymonkey.com", PlaceAt::Path("/results/")),
    place(".surveymonkey.com", PlaceAt::Path("/stories/")),
    place("admin.typeform.com", PlaceAt::Path("/form/")),
    place(".typeform.com", PlaceAt::Path("/report/")),
    place(".jotform.com", PlaceAt::Path("/tables/")),
    place(".jotform.com", PlaceAt::Path("/inbox/")),
    place(".jotform.com", PlaceAt::Path("/report/")),
    place("form.run", PlaceAt::Path("/admin")),
];

/// Shares that open for whoever has the link.
pub(super) static PUBLIC_SHARES: &[Place] = &[
    place("drive.google.com", PlaceAt::Query("/", "usp=")),
    place("drive.google.com", PlaceAt::Path("/open")),
    place("drive.google.com", PlaceAt::Path("/uc")),
    place("docs.google.com", PlaceAt::Query("/document/", "usp=sh")),
    place("docs.google.com", PlaceAt::Query("/spreadsheets/", "usp=sh")),
    place("docs.google.com", PlaceAt::Query("/presentation/", "usp=sh")),
    place("docs.google.com", PlaceAt::PathWith("/document/", "/pub")),
    place("docs.google.com", PlaceAt::PathWith("/spreadsheets/", "/pub")),
    place("docs.google.com", PlaceAt::PathWith("/presentation/", "/pub")),
    place(".dropbox.com", PlaceAt::Path("/s/")),
    place(".dropbox.com", PlaceAt::Path("/sh/")),
    place(".dropbox.com", PlaceAt::Path("/scl/")),
    place(".dropbox.com", PlaceAt::Path("/t/")),
    place(".dropbox.com", PlaceAt::Path("/transfer")),
    place(".dropboxusercontent.com", PlaceAt::Anywhere),
    place("db.tt", PlaceAt::Anywhere),
    place("1drv.ms", PlaceAt::Anywhere),
    place("onedrive.live.com", PlaceAt::Anywhere),
    place(".sharepoint.com", PlaceAt::PathWith("/:", ":/g/")),
    place(".sharepoint.com", PlaceAt::Within("/guestaccess.aspx")),
    place(".box.com", PlaceAt::Path("/s/")),
    place(".box.com", PlaceAt::Path("/shared/static/")),
    place(".box.com", PlaceAt::Path("/v/")),
    place("share.icloud.com", PlaceAt::Anywhere),
    place("www.icloud.com", PlaceAt::Path("/iclouddrive/")),
    place(".gigafile.nu", PlaceAt::Anywhere),
    place(".firestorage.jp", PlaceAt::Anywhere),
    place(".firestorage.com", PlaceAt::Anywhere),
    place("xfs.jp", PlaceAt::Anywhere),
    place(".datadeliver.net", PlaceAt::Anywhere),
    place("we.tl", PlaceAt::Anywhere),
    place(".wetransfer.com", PlaceAt::Path("/downloads/")),
    place(".wetransfer.com", PlaceAt::Path("/t-")),
    place("mega.nz", PlaceAt::Anywhere),
    place("sendanywhe.re", PlaceAt::Anywhere),
    place("send-anywhere.com", PlaceAt::Anywhere),
    place("gofile.io", PlaceAt::Path("/d/")),
    place(".transfernow.net", PlaceAt::Anywhere),
    place(".filemail.com", PlaceAt::Path("/d/")),
    place(".mediafire.com", PlaceAt::Path("/file")),
    place("u.pcloud.link", PlaceAt::Anywhere),
];
