//! The parts of an Office Open XML document: what their names say of them.

use super::Kind;

/// Parts that say how the document looks and nothing else.
pub const APPEARANCE: &[&str] = &[
    "[content_types].xml",
    "styles",
    "theme",
    "settings",
    "websettings",
    "fonttable",
    "numbering",
    "stylewitheffects",
    "stylesWithEffects",
    "calcchain",
    "tablestyles",
    "presprops",
    "viewprops",
    "presentation",
    "metadata",
    "volatiledependencies",
    "commentauthors",
    "commentsids",
    "commentsextended",
    "commentsextensible",
    "people",
    "persons",
    "printersettings",
    "vmldrawing",
    "sharedstrings",
    "workbook",
    "colors",
    "style",
    "revisioninfo",
    "richvaluerel",
    "rdrichvalue",
];

/// Properties that programs count and stamp by themselves.
pub const STAMPS: &[&str] = &[
    "created",
    "modified",
    "lastPrinted",
    "revision",
    "AppVersion",
    "Application",
    "Template",
    "TotalTime",
    "Pages",
    "Words",
    "Characters",
    "Lines",
    "Paragraphs",
    "DocSecurity",
    "ScaleCrop",
    "LinksUpToDate",
    "SharedDoc",
    "HyperlinksChanged",
    "CharactersWithSpaces",
    "HeadingPairs",
    "PresentationFormat",
    "Slides",
    "Notes",
    "HiddenSlides",
    "MMClips",
    "HLinks",
];

/// What the text of a part is to the reader.
pub fn kind_of(folder: &str, stem: &str) -> Kind {
    match stem {
        "header" | "footer" | "slidemaster" | "notesmaster" | "handoutmaster" => Kind::PageHeader,
        "footnotes" | "endnotes" | "notesslide" => Kind::Note,
        "core" | "app" | "custom" | "item" | "itemprops" => Kind::Property,
        "comments" | "comment" | "moderncomment" | "threadedcomment" => Kind::Comment,
        _ if folder.ends_with("comments") || folder.ends_with("threadedcomments") => Kind::Comment,
        _ if folder.ends_with("glossary") => Kind::Hidden,
        _ => Kind::Attachment,
    }
}

/// The last number in a name: 12 in `ppt/slides/slide12.xml`.
pub fn number_in(name: &str) -> u64 {
    let digits = name.trim_end_matches(|c: char| !c.is_ascii_digit());
    let start = digits.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    digits[start..].parse().unwrap_or(0)
}
