//! Domains at which strangers have their mailboxes: freemail providers, mobile carriers, and internet
//! access providers. Everybody there is a party of their own.

/// Whether strangers have their mailboxes at `domain` (lower case) or at a domain above it.
pub(super) fn is_freemail(domain: &str) -> bool {
    provider(domain).is_some() || is_national(domain)
}

/// The domain of the list that `domain` (lower case) is, or stands below.
pub(super) fn provider(domain: &str) -> Option<&'static str> {
    let mut rest = domain;
    loop {
        if let Ok(at) = DOMAINS.binary_search(&rest) {
            return DOMAINS.get(at).copied();
        }
        match rest.split_once('.') {
            Some((_, above)) if above.contains('.') => rest = above,
            _ => return None,
        }
    }
}

/// The big providers' domains of other countries: `yahoo.co.uk`, `hotmail.fr`, `outlook.com.br`.
fn is_national(domain: &str) -> bool {
    const BRANDS: &[&str] = &["gmx", "googlemail", "hotmail", "live", "outlook", "yahoo", "yandex", "ymail"];
    let Some((brand, suffix)) = domain.split_once('.') else {
        return false;
    };
    // By the list, so that `outlook.city.example.jp` is not one.
    BRANDS.contains(&brand)
        && psl::suffix(suffix.as_bytes()).is_some_and(|s| s.is_known() && s.as_bytes() == suffix.as_bytes())
}

/// In the order of bytes, for the search. The two under `.example` are for examples and tests.
#[rustfmt::skip]
static DOMAINS: &[&str] = &[
    "126.com", "139.com", "163.com", "189.cn", "21cn.com", "abv.bg", "aim.com", "alice.it",
    "aliyun.com", "aol.com", "aol.jp", "arcor.de", "asahi-net.or.jp", "att.net", "au.com",
    "auone-net.jp", "auone.jp", "bbiq.jp", "bekkoame.jp", "bekkoame.ne.jp", "bellsouth.net",
    "biglobe.jp", "biglobe.ne.jp", "bigpond.com", "bigpond.net.au", "bk.ru", "bluewin.ch",
    "blueyonder.co.uk", "bol.com.br", "btinternet.com", "carrier.example", "catvy.ne.jp",
    "centrum.cz", "charter.net", "citromail.hu", "coara.or.jp", "comcast.net", "commufa.jp",
    "cox.net", "ctc.jp", "ctk.ne.jp", "cyberhome.ne.jp", "daum.net", "dion.ne.jp", "disney.ne.jp",
    "disneymobile.ne.jp", "dmobile.ne.jp", "docomo.ne.jp", "dream.jp", "dti.ne.jp", "dwmail.jp",
    "earthlink.net", "email.com", "emnet.ne.jp", "emobile-s.ne.jp", "emobile.ne.jp", "enjoy.ne.jp",
    "eonet.ne.jp", "excite.co.jp", "ezweb.ne.jp", "fastmail.com", "fastmail.fm", "foxmail.com",
    "free.fr", "freemail.example", "freemail.hu", "freenet.de", "frontier.com", "gmail.com",
    "gmx.com", "gmx.de", "gmx.net", "gol.com", "goo.jp", "googlemail.com", "hanmail.net",
    "hetnet.nl", "hey.com", "hi-ho.ne.jp", "highway.ne.jp", "hinet.net", "hotmail.co.jp",
    "hotmail.com", "i.softbank.jp", "i.ua", "icloud.com", "ido.ne.jp", "ig.com.br", "iij4u.or.jp",
    "iijmio-mail.jp", "inbox.com", "inbox.ru", "infoseek.jp", "infoweb.ne.jp", "interia.pl",
    "interlink.or.jp", "itscom.jp", "itscom.net", "jcom.home.ne.jp", "jp-c.ne.jp", "jp-d.ne.jp",
    "jp-h.ne.jp", "jp-k.ne.jp", "jp-n.ne.jp", "jp-q.ne.jp", "jp-r.ne.jp", "jp-s.ne.jp",
    "jp-t.ne.jp", "juno.com", "justnet.ne.jp", "kakao.com", "kcn.jp", "kcn.ne.jp", "kcv-net.ne.jp",
    "kddi.net", "kpnmail.nl", "laposte.net", "libero.it", "list.ru", "live.com", "live.jp",
    "livedoor.com", "lycos.jp", "mac.com", "mail.com", "mail.goo.ne.jp", "mail.ru", "mailbox.org",
    "mbn.or.jp", "mctv.ne.jp", "me.com", "megaegg.ne.jp", "meshnet.or.jp", "mineo.jp", "mis.ne.jp",
    "mopera.net", "msn.com", "nate.com", "naver.com", "netlaputa.ne.jp", "netyou.jp", "nifty.com",
    "nifty.ne.jp", "ntlworld.com", "o2.pl", "ocn.jp", "ocn.ne.jp", "octv.ne.jp", "odn.jp",
    "odn.ne.jp", "onet.pl", "online.no", "optonline.net", "optusnet.com.au", "orange.fr",
    "outlook.com", "outlook.jp", "pchome.com.tw", "pdx.ne.jp", "pikara.ne.jp", "plala.jp",
    "plala.or.jp", "planet.nl", "pm.me", "posteo.de", "proton.me", "protonmail.com", "qq.com",
    "qtnet.ne.jp", "rakumail.jp", "rakuten.jp", "rakuten.ne.jp", "rambler.ru", "rediffmail.com",
    "rim.or.jp", "roadrunner.com", "rocketmail.com", "rogers.com", "sannet.ne.jp", "sapo.pt",
    "sbcglobal.net", "seznam.cz", "sfr.fr", "shaw.ca", "sina.cn", "sina.com", "sky.com",
    "skynet.be", "so-net.jp", "so-net.ne.jp", "softbank.ne.jp", "sohu.com", "sympatico.ca",
    "t-com.ne.jp", "t-online.de", "talktalk.net", "tcom.jp", "telefonica.net", "telenet.be",
    "telia.com", "telus.net", "terra.com.br", "thn.ne.jp", "tiki.ne.jp", "tin.it", "tiscali.it",
    "tokai.or.jp", "tom.com", "tuta.com", "tuta.io", "tutamail.com", "tutanota.com", "ukr.net",
    "uol.com.br", "uqmobile.jp", "uqwimax.jp", "verizon.net", "virgilio.it", "virginmedia.com",
    "vodafone.ne.jp", "wakwak.com", "wanadoo.fr", "wcm.ne.jp", "web.de", "willcom.com",
    "windstream.net", "wp.pl", "xs4all.nl", "xtra.co.nz", "y-mobile.ne.jp", "ya.ru", "yahoo.co.jp",
    "yahoo.com", "yahoo.ne.jp", "yandex.com", "yandex.ru", "ybb.ne.jp", "yeah.net", "ymail.com",
    "ymail.ne.jp", "ymobile.ne.jp", "ymobile1.ne.jp", "zaq.jp", "zaq.ne.jp", "ziggo.nl",
    "zohomail.com", "zohomail.jp",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order() {
        assert!(DOMAINS.windows(2).all(|w| w[0] < w[1]));
    }

    #[test]
    fn providers_are_known_with_their_subdomains() {
        for d in [
            "gmail.com",
            "yahoo.co.jp",
            "yahoo.co.uk",
            "hotmail.fr",
            "docomo.ne.jp",
            "d.vodafone.ne.jp",
            "ab.so-net.ne.jp",
            "freemail.example",
            "carrier.example",
        ] {
            assert!(is_freemail(d), "{d}");
        }
        for d in [
            "example.com",
            "ne.jp",
            "notgmail.com",
            "outlook.city.example.jp",
            "yahoo.example.com",
            "",
            ".",
            "com",
            "outlook.",
            "mail.example",
        ] {
            assert!(!is_freemail(d), "{d}");
        }
    }
}
