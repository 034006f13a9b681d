//! Names of people outside Japan by their form: capitalised Latin words, Chinese and Korean surnames, pairs of words
//! in other scripts. A form alone proves nothing: each is asked only beside what is of one person.

use std::ops::Range;

use super::chars;

/// Common Chinese surnames, in both scripts; written down by hand.
const CHINESE: &str = "王李张劉刘陈陳杨楊黄黃赵趙吴吳周徐孙孫马馬朱胡郭何林高罗羅郑鄭梁谢謝宋唐许許邓鄧冯馮韩韓曹曾彭萧蕭蔡潘田董袁于余叶葉蒋蔣杜苏蘇魏程吕呂丁沈任姚卢盧傅钟鍾姜崔谭譚廖范汪陆陸金石戴贾賈韦韋夏邱方侯邹鄒熊孟秦白江阎閻薛尹段雷黎史龙龍陶贺賀顾顧毛郝龚龔邵万萬钱錢严嚴赖賴覃洪武莫孔汤湯向常温溫康施文牛樊葛邢安齐齊易乔喬伍庞龐颜顏倪庄莊聂聶章鲁魯岳翟殷詹申欧歐耿关關兰蘭焦俞左柳甘祝包宁寧尚符舒阮柯纪紀梅童凌毕畢单單季裴霍涂塗成苗谷盛曲翁冉骆駱蓝藍路游辛靳欧管柴蒙鲍鮑华華喻祁蒲房滕屈饶饒解牟艾尤阳陽时時穆农農司卓古吉缪繆简簡车車项項连連芦蘆麦麥褚娄婁窦竇戚岑景党黨宫宮费費卜冷晏席卫衛米柏宗瞿桂全佟应應臧闵閔苟邬鄔边邊卞姬师師和仇栾欒隋商刁沙荣榮巫寇桑郎甄丛叢仲虞敖巩鞏明佘池查麻苑迟遲邝鄺";

/// Common Korean surnames; written down by hand.
const KOREAN: &str = "김이박최정강조윤장임한오서신권황안송류유홍전고문양손배백허남심노하곽성차주우구민진나지엄채원천방공현함변염여추도소석선설마길연위표명기반왕금옥육인맹제모탁국어은편용예봉사부가복태목형피두감음빈동온호범좌팽승간상시갈단경";

pub(super) fn is_chinese_surname(c: char) -> bool {
    CHINESE.contains(c)
}

/// Words with a capital that are of no name. Lower case.
const ORDINARY: &str = " the a please call contact dear hello hi patient name phone tel telephone mobile cell fax email mail e-mail address street road avenue lane drive square boulevard court place way suite floor building tower house apartment apt box office sales support service services customer client member team department division center centre company inc ltd llc corp co gmbh ag kg sa sarl srl bv nv plc group bank hotel hospital clinic school university college institute church museum station airport park city town county state province country united new york san los angeles francisco north south east west great hong kong london paris berlin tokyo monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september october november december date birth born id no number ref reference order invoice meeting project report update subject from to cc sent re fw fwd regards best kind sincerely thanks thank yours our your we you he she it this that these those if in on at by for with and or of is are was will can mr mrs ms dr prof herr frau monsieur madame sir madam information details notice note help desk line hotline emergency manager director general head chief president technical human resources public relations press media street straße strasse platz weg allee rue place calle via plaza avenida rua telefon téléphone teléfono telefono adresse dirección indirizzo geburtsdatum fecha nacimiento nom nombre nome bitte lieber liebe sehr bonjour hola estimado estimada cordialement saludos grüßen freundlichen mit der die das le la les el los las un une il und et y e rev reply all rights reserved privacy policy terms page version windows microsoft google apple amazon linux office ";

/// Particles within a name: de, van, bin.
const PARTICLES: &str =
    " de da do dos das del della di du la le van von der den ter ten zu bin binti ibn al el y e san st ";

fn is_in(list: &str, word: &str) -> bool {
    !word.is_empty() && list.split(' ').any(|w| w == word)
}

/// A name in a part of a line: the part as a whole, or the run of capitalised words that it begins with, or that
/// a sentence has behind a word that does not lead to a place.
pub(super) fn latin(text: &str, part: Range<usize>) -> Option<Range<usize>> {
    let value = text.get(part.clone())?;
    let mut at = part.start;
    let mut run: Option<(Range<usize>, usize)> = None;
    let mut before = "";
    let mut led = "";
    for word in value.split(' ').chain(std::iter::once("")) {
        let here = at..at + word.len();
        at = here.end + 1;
        let bare = word.trim_end_matches(['.', '\'']).to_lowercase();
        let capital = is_name_word(word) && !is_in(ORDINARY, &bare);
        match &mut run {
            Some((range, count)) if capital => {
                range.end = here.end;
                *count += 1;
            }
            Some((_, count)) if *count >= 1 && is_in(PARTICLES, word) && !word.is_empty() => {}
            Some((range, count)) => {
                // What an ordinary word with a capital follows is a street or a firm: Oak Street, Acme Inc.
                let firm = word.starts_with(char::is_uppercase) && !word.is_empty();
                let place =
                    is_in(" in at near from to of via am im in bei aus à au en a ", &led.to_lowercase());
                if (2..=4).contains(count) && !firm && !place && mixed_case(&text[range.clone()]) {
                    return Some(range.start..range.end);
                }
                run = None;
            }
            None if capital => {
                led = before;
                run = Some((here, 1));
            }
            None => {}
        }
        before = word;
    }
    None
}

fn mixed_case(name: &str) -> bool {
    name.chars().any(char::is_lowercase) && name.chars().filter(|c| c.is_alphabetic()).count() >= 4
}

/// Smith, O'Brien, Jean-Luc, J., DUPONT, Nguyễn.
fn is_name_word(word: &str) -> bool {
    let mut all = word.chars();
    all.next().is_some_and(|c| c.is_uppercase() && !chars::is_han(c))
        && all.clone().count() < 20
        && all.all(|c| {
            c.is_alphabetic() && !chars::is_han(c) && !chars::is_kana(c)
                || matches!(c, '\'' | '’' | '-' | '.' | '\u{300}'..='\u{36F}')
        })
        && word.trim_end_matches('.').chars().all(|c| c != '.')
}

/// The name behind a title: Mr. John Smith, Frau Müller; the title must have its capital.
pub(super) fn after_title(text: &str, start: usize, end: usize) -> Option<Range<usize>> {
    let title = chars::at(text, start)?;
    let shouted =
        text.get(start + 1..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()));
    if (!title.is_uppercase() || shouted) && title.is_ascii() {
        return None;
    }
    let rest = chars::ahead(text, end, 80);
    let from = end + rest.len() - rest.trim_start_matches(['.', ' ']).len();
    // "Dr" behind a letter are parts of something else.
    if chars::before(text, start).is_some_and(char::is_alphanumeric) {
        return None;
    }
    if !title.is_ascii() && title.is_lowercase() || matches!(title, 'ค') {
        let word = chars::ahead(text, from, 60).split([' ', '\n', ',', '(']).next()?;
        return (word.chars().count() >= 2).then(|| from..from + word.len());
    }
    if from == end {
        return None;
    }
    let mut upto = from;
    let mut count = 0;
    for word in chars::ahead(text, from, 80).split(' ').take(4) {
        let stem = word.trim_end_matches(|c: char| !c.is_alphanumeric());
        let stem = if word.len() == 2 && word.ends_with('.') { word } else { stem };
        let stem = stem.split(['\n', ',', ':', '(', ';', '、']).next().unwrap_or("");
        let fits = is_name_word(stem) && !is_in(ORDINARY, &stem.to_lowercase());
        if !(fits || count > 0 && is_in(PARTICLES, stem) && !stem.is_empty()) {
            break;
        }
        upto = from + (word.as_ptr() as usize - text[from..].as_ptr() as usize) + stem.len();
        count += 1;
        if stem.len() < word.len() {
            break;
        }
    }
    (count > 0 && upto > from + 1).then_some(from..upto)
}

/// Whether a letter greets its reader here: what stands behind Dear is no more than whom it is to.
pub(super) fn is_salutation(text: &str, title_at: usize) -> bool {
    let head = chars::behind(text, title_at, 24).trim_end().to_lowercase();
    let word = head.rsplit([' ', '\n']).next().unwrap_or("");
    let greets = [
        "dear", "hello", "hi", "geehrte", "geehrter", "liebe", "lieber", "bonjour", "estimado", "estimada",
        "gentile", "prezado", "prezada", "cher", "chère",
    ];
    greets.contains(&word)
}

/// The name before 씨, 님, 女士.
pub(super) fn before_honorific(text: &str, at: usize) -> Option<Range<usize>> {
    let head = chars::behind(text, at, 60);
    let spaced = head.len() - head.trim_end_matches(' ').len();
    let end = at - spaced;
    let head = head.trim_end_matches(' ');
    let length: usize = head
        .chars()
        .rev()
        .take(4)
        .take_while(|c| is_hangul(*c) || chars::is_han(*c))
        .map(char::len_utf8)
        .sum();
    let start = end - length;
    let name = text.get(start..end)?;
    let count = name.chars().count();
    let first = name.chars().next()?;
    let bounded = !chars::before(text, start).is_some_and(|c| is_hangul(c) || chars::is_han(c));
    let listed = KOREAN.contains(first) && is_hangul(first) || CHINESE.contains(first);
    (bounded && listed && (2..=4).contains(&count) && !is_korean_role(name)).then_some(start..end)
}

/// Roles and words that 님 follows and that begin like a surname.
fn is_korean_role(word: &str) -> bool {
    [
        "고객",
        "선생",
        "사장",
        "부장",
        "과장",
        "차장",
        "대리",
        "팀장",
        "교수",
        "이사",
        "원장",
        "부모",
        "하나",
        "주임",
        "기사",
        "실장",
        "회장",
        "대표",
        "담당자",
        "여러분",
        "선배",
        "후배",
        "형",
        "상무",
        "전무",
        "국장",
        "소장",
        "지점장",
    ]
    .iter()
    .any(|role| word.ends_with(role))
}

/// What stands behind a label of another language and its colon, if it looks like a name.
pub(super) fn after_label(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = chars::ahead(text, at, 120);
    let behind = rest.trim_start_matches(' ').strip_prefix([':', '=', '】', ']'])?;
    let value = behind.trim_start_matches([' ', '\t']);
    let from = at + rest.len() - value.len();
    let line = value.split(['\n', '\t', ',', '(', ';', '、', '|', '/']).next()?;
    let line = line.split("  ").next()?.trim_end();
    let whole = from..from + line.len();
    let count = line.chars().filter(|c| *c != ' ').count();
    let han = (2..=4).contains(&count)
        && line.chars().all(|c| chars::is_han(c) || c == ' ')
        && line.starts_with(is_chinese_surname);
    if han || of_other_scripts(line, false) {
        return Some(whole);
    }
    latin(text, whole.clone()).filter(|n| n.start == whole.start && n.end == whole.end)
}

/// Whether nothing but an honorific or nothing at all stands behind a name.
pub(super) fn honorific_at_end(rest: &str) -> bool {
    rest.trim().is_empty() || super::names::HONORIFICS.contains(&rest.trim())
}

fn is_hangul(c: char) -> bool {
    matches!(c, '가'..='힣')
}

/// A Korean name by its surname, or two to four words of Thai, Devanagari, Cyrillic or Arabic letters, or Latin
/// words before an honorific.
pub(super) fn of_other_scripts(value: &str, honoured: bool) -> bool {
    let count = value.chars().count();
    let words = value.split(' ').filter(|w| !w.is_empty()).count();
    let all = |fits: fn(char) -> bool| value.chars().all(|c| c == ' ' || fits(c));
    if all(is_hangul) {
        let letters = value.chars().filter(|c| *c != ' ').count();
        return (2..=4).contains(&letters)
            && value.starts_with(|c| KOREAN.contains(c))
            && !is_korean_role(value);
    }
    let script = all(|c| matches!(c, '\u{0E00}'..='\u{0E7F}'))
        || all(|c| matches!(c, '\u{0900}'..='\u{097F}'))
        || all(|c| matches!(c, '\u{0400}'..='\u{04FF}'))
        || all(|c| matches!(c, '\u{0600}'..='\u{06FF}'));
    script && (2..=4).contains(&words) && count <= 60
        || honoured && (2..=5).contains(&words) && value.split(' ').all(is_name_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Option<&str> {
        latin(text, 0..text.len()).map(|r| &text[r])
    }

    #[test]
    fn capitalised_words_are_names() {
        assert_eq!(named("John Smith"), Some("John Smith"));
        assert_eq!(named("Please call Ana de la Cruz on"), Some("Ana de la Cruz"));
        assert_eq!(named("Nguyễn Văn An"), Some("Nguyễn Văn An"));
        assert_eq!(named("Jean-Luc O'Brien"), Some("Jean-Luc O'Brien"));
        for text in
            ["12 Oak Street", "Acme Widgets Inc", "Customer Support", "in Palo Alto", "Smith", "USA", ""]
        {
            assert_eq!(named(text), None, "{text}");
        }
    }

    #[test]
    fn titles_honorifics_and_labels() {
        let title = |text: &str, n: usize| after_title(text, 0, n).map(|r| text[r].to_string());
        assert_eq!(title("Mr. John Smith, hello", 3).as_deref(), Some("John Smith"));
        assert_eq!(title("Frau Müller\nund", 4).as_deref(), Some("Müller"));
        assert_eq!(title("mr. john", 3), None);
        let text = "김민수 씨";
        assert_eq!(before_honorific(text, text.find('씨').unwrap()).map(|r| &text[r]), Some("김민수"));
        let text = "고객님";
        assert_eq!(before_honorific(text, text.find('님').unwrap()), None);
        let text = "Patient: John Smith\nx";
        assert_eq!(after_label(text, 7).map(|r| &text[r]), Some("John Smith"));
        assert_eq!(after_label("Patient care is good", 7), None);
    }
}
