//! Made-up people. The lists of names are the generator's own, not the shipped dictionaries; every
//! second name is for tuning, the others only for measuring.

use crate::dice::Dice;

const SURNAMES: &str = "佐藤サトウ 鈴木スズキ 高橋タカハシ 田中タナカ 伊藤イトウ 渡辺ワタナベ 山本ヤマモト 中村ナカムラ 小林コバヤシ 加藤カトウ 吉田ヨシダ 山田ヤマダ 佐々木ササキ 山口ヤマグチ 松本マツモト 井上イノウエ 木村キムラ 林ハヤシ 斎藤サイトウ 清水シミズ 山崎ヤマザキ 森モリ 池田イケダ 橋本ハシモト 阿部アベ 石川イシカワ 山下ヤマシタ 中島ナカジマ 石井イシイ 小川オガワ 前田マエダ 岡田オカダ 長谷川ハセガワ 藤田フジタ 後藤ゴトウ 近藤コンドウ 村上ムラカミ 遠藤エンドウ 青木アオキ 坂本サカモト 斉藤サイトウ 福田フクダ 太田オオタ 西村ニシムラ 藤井フジイ 金子カネコ 岡本オカモト 藤原フジワラ 三浦ミウラ 中野ナカノ 原田ハラダ 中川ナカガワ 松田マツダ 竹内タケウチ 小野オノ 田村タムラ 中山ナカヤマ 和田ワダ 石田イシダ 森田モリタ 上田ウエダ 原ハラ 内田ウチダ 柴田シバタ 酒井サカイ 宮崎ミヤザキ 横山ヨコヤマ 高木タカギ 安藤アンドウ 宮本ミヤモト 大野オオノ 小島コジマ 谷口タニグチ 今井イマイ 工藤クドウ 高田タカダ 増田マスダ 丸山マルヤマ 杉山スギヤマ 村田ムラタ 大塚オオツカ 新井アライ 藤本フジモト 小山コヤマ 平野ヒラノ 河野コウノ 上野ウエノ 武田タケダ 野口ノグチ 松井マツイ 千葉チバ 菅原スガワラ 岩崎イワサキ 久保クボ 木下キノシタ 佐野サノ 野村ノムラ 松尾マツオ 菊地キクチ 市川イチカワ 杉本スギモト 古川フルカワ 大西オオニシ 島田シマダ 水野ミズノ 桜井サクライ 高野タカノ 渡部ワタナベ 吉川ヨシカワ 山内ヤマウチ 西田ニシダ 飯田イイダ 菊池キクチ 西川ニシカワ 小松コマツ 北村キタムラ 安田ヤスダ 五十嵐イガラシ 川口カワグチ 平田ヒラタ 関セキ 中田ナカタ 久保田クボタ 服部ハットリ 東ヒガシ 岩田イワタ 土屋ツチヤ 川崎カワサキ 福島フクシマ 本田ホンダ 辻ツジ 樋口ヒグチ 秋山アキヤマ 田口タグチ 永井ナガイ 山中ヤマナカ 中西ナカニシ 吉村ヨシムラ 川上カワカミ 石原イシハラ 大橋オオハシ 松岡マツオカ 馬場ババ 浜田ハマダ 森本モリモト 星野ホシノ 矢野ヤノ 浅野アサノ 大島オオシマ 松下マツシタ 吉岡ヨシオカ 小池コイケ 野田ノダ 髙橋タカハシ 山﨑ヤマザキ 渡邊ワタナベ 濵田ハマダ 廣瀬ヒロセ 澤田サワダ 櫻井サクライ 小笠原オガサワラ 長谷部ハセベ 二階堂ニカイドウ";

const GIVEN: &str = "太郎タロウ 一郎イチロウ 健一ケンイチ 大輔ダイスケ 翔太ショウタ 拓也タクヤ 直樹ナオキ 健太ケンタ 達也タツヤ 和也カズヤ 誠マコト 浩二コウジ 隆タカシ 茂シゲル 博ヒロシ 勇気ユウキ 智也トモヤ 雄一ユウイチ 哲也テツヤ 正人マサト 修オサム 剛ツヨシ 学マナブ 亮リョウ 康平コウヘイ 裕太ユウタ 慎吾シンゴ 祐介ユウスケ 俊介シュンスケ 圭介ケイスケ 大樹ダイキ 蓮レン 湊ミナト 悠真ユウマ 陽翔ハルト 大和ヤマト 樹イツキ 颯太ソウタ 悠斗ユウト 朝陽アサヒ 花子ハナコ 美咲ミサキ 陽子ヨウコ 恵子ケイコ 幸子サチコ 由美ユミ 直美ナオミ 智子トモコ 裕子ユウコ 真由美マユミ 久美子クミコ 明美アケミ 美穂ミホ 愛アイ 彩アヤ 麻衣マイ 舞マイ 沙織サオリ 香織カオリ 千尋チヒロ 美香ミカ 理恵リエ 友美トモミ 恵美エミ 純子ジュンコ 和子カズコ 節子セツコ 文子フミコ 京子キョウコ 典子ノリコ さくらサクラ 陽葵ヒマリ 凛リン 結菜ユイナ 葵アオイ 莉子リコ 芽依メイ 結愛ユア 咲良サクラ 美桜ミオ 紬ツムギ 琴音コトネ 心春コハル 七海ナナミ 楓カエデ 遥ハルカ 菜々子ナナコ 千夏チナツ 春香ハルカ 奈緒ナオ 雅之マサユキ 秀樹ヒデキ 浩一コウイチ 克彦カツヒコ 義男ヨシオ 正義マサヨシ 昭夫アキオ 光男ミツオ 清キヨシ 進ススム 実ミノル 豊ユタカ 昇ノボル 徹トオル 聡サトシ 淳ジュン 渉ワタル 翼ツバサ 光ヒカル 歩アユム 陸リク 航ワタル 海斗カイト 陽太ヨウタ 優斗ユウト 涼介リョウスケ 匠タクミ 隼人ハヤト 駿シュン 瑛太エイタ 玲奈レイナ 萌モエ 瞳ヒトミ 梓アズサ 早紀サキ 里奈リナ 未来ミライ 絵里エリ 志保シホ 真理マリ 百合子ユリコ 静香シズカ 千代子チヨコ 照子テルコ 初枝ハツエ 房江フサエ";

const TOWNS: &str = "東京都港区芝公園 東京都新宿区西新宿 東京都世田谷区太子堂 東京都八王子市元本郷町 東京都三鷹市野崎 神奈川県横浜市中区日本大通 神奈川県川崎市幸区大宮町 神奈川県鎌倉市御成町 千葉県千葉市中央区市場町 千葉県市川市八幡 千葉県船橋市湊町 埼玉県さいたま市浦和区高砂 埼玉県川越市元町 埼玉県所沢市並木 茨城県つくば市研究学園 茨城県水戸市笠原町 栃木県宇都宮市塙田 群馬県前橋市大手町 大阪府大阪市北区中之島 大阪府箕面市西小路 大阪府堺市堺区南瓦町 大阪府岸和田市岸城町 京都府京都市中京区河原町 京都府宇治市宇治琵琶 兵庫県神戸市中央区加納町 兵庫県西宮市六湛寺町 兵庫県姫路市安田 奈良県奈良市登大路町 滋賀県大津市京町 和歌山県和歌山市七番丁 愛知県名古屋市中区三の丸 愛知県豊田市西町 愛知県岡崎市十王町 三重県四日市市諏訪町 三重県津市広明町 岐阜県岐阜市薮田南 静岡県静岡市葵区追手町 静岡県浜松市中区元城町 長野県長野市南長野 長野県北佐久郡軽井沢町長倉 山梨県甲府市丸の内 新潟県新潟市中央区新光町 富山県富山市新総曲輪 石川県金沢市鞍月 福井県福井市大手 北海道札幌市中央区北三条西 北海道旭川市六条通 青森県青森市長島 岩手県盛岡市内丸 宮城県仙台市青葉区本町 秋田県秋田市山王 山形県山形市松波 福島県福島市杉妻町 広島県広島市中区基町 岡山県岡山市北区内山下 鳥取県鳥取市東町 島根県松江市殿町 山口県山口市滝町 徳島県徳島市万代町 香川県高松市番町 愛媛県松山市一番町 高知県高知市丸ノ内 福岡県福岡市博多区東公園 福岡県北九州市小倉北区城内 佐賀県佐賀市城内 長崎県長崎市尾上町 熊本県熊本市中央区水前寺 大分県大分市大手町 宮崎県宮崎市橘通東 鹿児島県鹿児島市鴨池新町 沖縄県那覇市泉崎";

/// Which half of the names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Tuning,
    Measuring,
}

/// The names of one part.
pub struct People {
    surnames: Vec<(String, String)>,
    given: Vec<(String, String)>,
    towns: Vec<String>,
}

/// A made-up person.
#[derive(Clone, Debug)]
pub struct Person {
    pub surname: String,
    pub given: String,
    pub kana: String,
    pub birth: (i32, u32, u32),
    pub phone: [String; 3],
    pub mail: String,
    pub address: String,
    pub postal: String,
}

impl Person {
    pub fn name(&self) -> String {
        format!("{}{}", self.surname, self.given)
    }

    pub fn spaced(&self) -> String {
        format!("{} {}", self.surname, self.given)
    }

    pub fn phone_with(&self, dash: &str) -> String {
        self.phone.join(dash)
    }
}

fn half<T: Clone>(all: Vec<T>, part: Part) -> Vec<T> {
    let from = usize::from(part == Part::Measuring);
    all.into_iter().skip(from).step_by(2).collect()
}

fn with_reading(list: &str) -> Vec<(String, String)> {
    // The reading is the katakana tail; さくらサクラ too.
    let is_reading = |c: char| ('ァ'..='ヶ').contains(&c) || c == 'ー';
    list.split(' ')
        .map(|w| {
            let cut = w.find(is_reading).unwrap_or(w.len());
            (w[..cut].to_string(), w[cut..].to_string())
        })
        .collect()
}

impl People {
    pub fn new(part: Part) -> Self {
        People {
            surnames: half(with_reading(SURNAMES), part),
            given: half(with_reading(GIVEN), part),
            towns: half(TOWNS.split(' ').map(str::to_string).collect(), part),
        }
    }

    pub fn one(&self, dice: &mut Dice) -> Person {
        let (surname, sur_kana) = self.surnames[dice.below(self.surnames.len())].clone();
        let (given, given_kana) = self.given[dice.below(self.given.len())].clone();
        let birth = (dice.between(1935, 2018) as i32, dice.between(1, 12) as u32, dice.between(1, 28) as u32);
        let tail = dice.fill("####");
        let phone = match dice.below(4) {
            0 => ["03".into(), format!("{}", dice.between(3000, 6999)), dice.fill("1###")],
            1 => [
                format!("0{}", dice.pick(&["45", "52", "75", "92", "11", "22"])),
                dice.fill("2##"),
                dice.fill("3###"),
            ],
            _ => [
                format!("0{}0", dice.pick(&["7", "8", "9"])),
                format!("{}", dice.between(1000, 9999)),
                dice.fill("2###"),
            ],
        };
        let domain = dice.pick(&[
            "example.com",
            "example.net",
            "freemail.example",
            "carrier.example.jp",
            "mail.example.org",
        ]);
        let mail = format!(
            "{}{}{tail}@{domain}",
            dice.pick(&["taro", "hana", "ken", "yuki", "mi", "s.kei", "a_n"]),
            dice.pick(&[".", "", "-", "_"])
        );
        let town = &self.towns[dice.below(self.towns.len())];
        let (a, b, c) = (dice.between(1, 9), dice.between(1, 30), dice.between(1, 20));
        let number = match dice.below(4) {
            0 => format!("{a}丁目{b}番{c}号"),
            1 => format!("{a}丁目{b}-{c}"),
            2 => format!("{}番地{c}", b * 10 + a),
            _ => format!("{a}-{b}-{c}"),
        };
        Person {
            kana: format!("{sur_kana} {given_kana}"),
            surname,
            given,
            birth,
            phone,
            mail,
            address: format!("{town}{number}"),
            postal: dice.fill("###-####"),
        }
    }

    /// So many people with different names.
    pub fn many(&self, dice: &mut Dice, count: usize) -> Vec<Person> {
        let mut names = std::collections::HashSet::new();
        let mut people = Vec::with_capacity(count);
        while people.len() < count {
            let person = self.one(dice);
            // Large lists have namesakes; those differ in their birth date.
            let key =
                if count > 500 { format!("{}{:?}", person.name(), person.birth) } else { person.name() };
            if names.insert(key) {
                people.push(person);
            }
        }
        people
    }
}

/// A birth date in one of the writings that people use.
pub fn written_birth(dice: &mut Dice, (y, m, d): (i32, u32, u32)) -> String {
    let era = |y: i32| match (y, m, d) {
        (2019.., ..) => ("令和", "R", 2018),
        (1989.., ..) => ("平成", "H", 1988),
        (1926, 12, 26..) | (1927.., ..) => ("昭和", "S", 1925),
        _ => ("大正", "T", 1911),
    };
    // The first days of 1989 are still Showa.
    let (name, letter, base) = if (y, m) == (1989, 1) && d < 8 { ("昭和", "S", 1925) } else { era(y) };
    let n = y - base;
    match dice.below(8) {
        0 => format!("{y}-{m:02}-{d:02}"),
        1 => format!("{y}/{m}/{d}"),
        2 => format!("{y}年{m}月{d}日"),
        3 => format!("{name}{n}年{m}月{d}日"),
        4 => format!("{letter}{n}.{m}.{d}"),
        5 => format!("{name}{}年{m}月{d}日", if n == 1 { "元".to_string() } else { n.to_string() }),
        6 => format!("{y}.{m:02}.{d:02}"),
        _ => format!("{y:04}/{m:02}/{d:02}"),
    }
}
