"""Pairs of names labelled by hand: one firm, or two.

The firms are invented; how they are written is how such names are written in registers and on
declarations.

A place is `territory|city|postcode|street`. Most of the pairs that are two firms stand at one
address: firms in one building are told apart by their names alone.
"""

from __future__ import annotations

from typing import NamedTuple

from mra_gateway.model.declarations import DeclaredAddress
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.operators import Address


class Pair(NamedTuple):
    """Two names with their places, and whether they are one firm's."""

    declared: str
    held: str
    declared_at: str
    held_at: str
    same: bool


UB = "MN|Ulaanbaatar|14200|Peace Avenue 17"
UB_MN = "MN|Улаанбаатар|14200|Энхтайваны өргөн чөлөө 17"
ALMATY = "KZ|Almaty|050000|Abay Avenue 150"
ALMATY_RU = "KZ|Алматы|050000|пр. Абая 150"
TASHKENT = "UZ|Tashkent|100000|Amir Temur 5"
TASHKENT_UZ = "UZ|Toshkent|100000|Amir Temur ko'chasi 5"
BISHKEK = "KG|Бишкек|720000|ул. Чуй 40"
DUSHANBE = "TJ|Душанбе|734000|Рӯдакӣ 12"
MOSCOW = "RU|Москва|101000|ул. Лесная 7"
MOSCOW_EN = "RU|Moscow|101000|Lesnaya st. 7"
MINSK = "BY|Минск|220030|пр. Независимости 11"
MINSK_EN = "BY|Minsk|220030|Nezavisimosti Ave. 11"
BAKU = "AZ|Bakı|AZ1000|Nizami küçəsi 20"
BAKU_EN = "AZ|Baku|AZ1000|Nizami Street 20"
TBILISI = "GE|თბილისი|0108|რუსთაველის გამზირი 8"
TBILISI_EN = "GE|Tbilisi|0108|Rustaveli Avenue 8"
BATUMI = "GE|Batumi|6000|Gogebashvili 3"
SHANGHAI = "CN|Shanghai|200000|Zhongshan Road 88"
SHANGHAI_ZH = "CN|上海|200000|中山路88号"
NINGBO = "CN|Ningbo|315000|Zhongshan East Road 9"
NINGBO_ZH = "CN|宁波|315000|中山东路9号"
SHENZHEN = "CN|Shenzhen|518000|Futian Road 3"
SHENZHEN_ZH = "CN|深圳|518000|福田路3号"
TOKYO = "JP|Tokyo|100-0001|Chiyoda 1-1"
TOKYO_JA = "JP|東京|100-0001|千代田1-1"
SEOUL = "KR|Seoul|04524|Sejong-daero 110"
SEOUL_KO = "KR|서울특별시|04524|세종대로 110"
MUNICH = "DE|München|80331|Marienplatz 1"
MUNICH_EN = "DE|Munich|80331|Marienplatz 1"
HK = "HK|Hong Kong||Nathan Road 200"
KL = "MY|Kuala Lumpur|50450|Jalan Ampang 15"
ISTANBUL = "TR|İstanbul|34000|Atatürk Caddesi 3"
LAHORE = "PK|Lahore|54000|Mall Road 60"
ASHGABAT = "TM|Aşgabat|744000|Görogly köçesi 2"
NOWHERE = ""

_SAME: tuple[tuple[str, str, str, str], ...] = (
    # Mongolian
    ("Altan Taria LLC", "Алтан Тариа ХХК", UB, UB_MN),
    ("Altan Tariya Co., Ltd.", "Алтан Тариа ХХК", UB, UB_MN),
    ("Khangai Trade LLC", "Хангай Трейд ХХК", UB, UB_MN),
    ("Hangai Trade XXK", "Хангай Трейд ХХК", UB, UB_MN),
    ("Monkh Tenger LLC", "Мөнх Тэнгэр ХХК", UB, UB_MN),
    ("Ulaanbaatar Khivs JSC", "Улаанбаатар Хивс ХК", UB, UB_MN),
    ("Ulan Bator Khivs JSC", "Улаанбаатар Хивс ХК", UB, UB_MN),
    ("Gobi Kashmir Co Ltd", "ГОБИ КАШМИР ХХК", UB, UB_MN),
    ("Erdenes Mining LLC", "Эрдэнэс Майнинг ХХК", UB, UB_MN),
    ("TAVAN BOGD IMPEX LLC", "Таван Богд Импекс ХХК", UB, UB_MN),
    ("Tavanbogd Impex", "Таван Богд Импекс ХХК", UB, UB_MN),
    ("Хангай Трэйд ХХК", "Khangai Trade LLC", UB_MN, UB),
    # Kazakh and Russian of Kazakhstan
    ("Altyn Dala LLP", "ТОО «Алтын Дала»", ALMATY, ALMATY_RU),
    ("TOO Altyn Dala", "«Алтын Дала» ЖШС", ALMATY, ALMATY_RU),
    ("Zhibek Zholy Logistics LLP", "ТОО «Жибек Жолы Логистик»", ALMATY, ALMATY_RU),
    ("Jibek Joly Logistics LLP", "ТОО «Жібек Жолы Логистик»", ALMATY, ALMATY_RU),
    ("Qazaq Astyq Group LLP", "«Қазақ Астық Групп» ЖШС", ALMATY, ALMATY_RU),
    ("Kazakh Astyk Group LLP", "ТОО «Казах Астык Групп»", ALMATY, ALMATY_RU),
    ("Khalyk Import LLP", "ТОО Халык Импорт", ALMATY, ALMATY_RU),
    ("Halyk Import, LLP", "Халық Импорт ЖШС", ALMATY, ALMATY_RU),
    ("ТОО \"Алтын Дала\"", "Товарищество с ограниченной ответственностью «Алтын Дала»",
     ALMATY_RU, ALMATY_RU),
    ("SARYARQA STEEL JSC", "АО «Сарыарқа Стил»", ALMATY, ALMATY_RU),
    # Uzbek
    ("Buyuk Ipak Yo'li MChJ", "ООО «Буюк Ипак Йули»", TASHKENT_UZ, TASHKENT),
    ("Buyuk Ipak Yuli LLC", "Buyuk Ipak Yo‘li MChJ", TASHKENT, TASHKENT_UZ),
    ("Xorazm Paxta MChJ", "Khorazm Pakhta LLC", TASHKENT_UZ, TASHKENT),
    ("Toshkent Meva-Sabzavot MChJ", "Тошкент Мева-Сабзавот МЧЖ", TASHKENT_UZ, TASHKENT_UZ),
    ("Oltin Vodiy Savdo MChJ", "Олтин Водий Савдо МЧЖ", TASHKENT_UZ, TASHKENT),
    ("Oltin Vodiy Trade LLC", "Oltin Vodiy Savdo MChJ", TASHKENT, TASHKENT_UZ),
    # Kyrgyz and Tajik
    ("Ala-Too Trans OsOO", "ОсОО «Ала-Тоо Транс»", "KG|Bishkek|720000|Chuy 40", BISHKEK),
    ("Ala Too Trans LLC", "ОсОО «Ала-Тоо Транс»", "KG|Bishkek|720000|Chuy 40", BISHKEK),
    ("Ысык-Көл Жемиш ЖЧК", "Ysyk-Kol Zhemish LLC", BISHKEK, "KG|Bishkek|720000|Chui 40"),
    ("Pomir Logistics LLC", "ҶДММ «Помир Логистик»", "TJ|Dushanbe|734000|Rudaki 12", DUSHANBE),
    ("Hujand Pakhta LLC", "ҶДММ Ҳуҷанд Пахта", "TJ|Dushanbe|734000|Rudaki 12", DUSHANBE),
    # Turkmen
    ("Altyn Asyr HJ", "ХО «Алтын Асыр»", ASHGABAT, "TM|Ашхабад|744000|Гёроглы 2"),
    ("Gara Altyn Economic Society HJ", "Gara Altyn Economic Society", ASHGABAT, ASHGABAT),
    # Russian and Belarusian
    ("Severny Les OOO", "ООО «Северный Лес»", MOSCOW_EN, MOSCOW),
    ("Severnyy Les LLC", "ООО «Северный Лес»", MOSCOW_EN, MOSCOW),
    ("Severniy Les Ltd.", "Общество с ограниченной ответственностью «Северный лес»",
     MOSCOW_EN, MOSCOW),
    ("ООО «Вектор-М»", "«ВЕКТОР М» ООО", MOSCOW, MOSCOW),
    ("Khimprom-Servis LLC", "ООО «Химпром-Сервис»", MOSCOW_EN, MOSCOW),
    ("Torgovy Dom Zarya LLC", "ООО Торговый Дом «Заря»", MOSCOW_EN, MOSCOW),
    ("Yuzhnye Zerna JSC", "АО «Южные Зёрна»", MOSCOW_EN, MOSCOW),
    ("Shchedry Krai OOO", "ООО «Щедрый край»", MOSCOW_EN, MOSCOW),
    ("Belkhimtrade UE", "УП «Белхимтрейд»", MINSK_EN, MINSK),
    ("Polymir Plast OJSC", "ОАО «Полимир Пласт»", MINSK_EN, MINSK),
    ("Zubr Capital ALC", "ЗУБР КАПИТАЛ ALC", MINSK_EN, MINSK),
    # Azerbaijani, Georgian, Turkish
    ("Gence Tekstil MMC", "Gəncə Tekstil MMC", BAKU_EN, BAKU),
    ("Xəzər Gəmi MMC", "Khazar Gami LLC", BAKU, BAKU_EN),
    ("Şimal Ticarət MMC", "Shimal Trade LLC", BAKU, BAKU_EN),
    ("Açıq Yol QSC", "Achig Yol CJSC", BAKU, BAKU_EN),
    ("Shavi Zghva LLC", "შპს შავი ზღვა", TBILISI_EN, TBILISI),
    ("Kartli Exporti Ltd", "შპს „ქართლი ექსპორტი“", TBILISI_EN, TBILISI),
    ("Mtkvari Group LLC", "მტკვარი ჯგუფი შპს", TBILISI_EN, TBILISI),
    ("Ege Pamuk San. ve Tic. A.Ş.", "EGE PAMUK SANAYI VE TICARET ANONIM SIRKETI", ISTANBUL,
     ISTANBUL),
    ("Cam Dünyası Ltd. Şti.", "Cam Dunyasi Limited Sirketi", ISTANBUL, ISTANBUL),
    # Chinese
    ("Shanghai Yuandong Trading Co., Ltd.", "上海远东贸易有限公司", SHANGHAI, SHANGHAI_ZH),
    ("SHANGHAI YUAN DONG TRADE CO LTD", "上海遠東貿易有限公司", SHANGHAI, SHANGHAI_ZH),
    ("上海遠東貿易有限公司", "上海远东贸易有限公司", SHANGHAI_ZH, SHANGHAI_ZH),
    ("Ningbo Haitian Machinery Co., Ltd.", "宁波海天机械有限公司", NINGBO, NINGBO_ZH),
    ("Ningbo Hai Tian Machinery Company Limited", "宁波海天机械有限公司", NINGBO, NINGBO_ZH),
    ("Shenzhen Huaxing Electronics Co Ltd", "深圳华星电子股份有限公司", SHENZHEN, SHENZHEN_ZH),
    ("Shenzhen Xinda Import & Export Co., Ltd", "深圳市鑫达进出口有限公司", SHENZHEN, SHENZHEN_ZH),
    ("Нинбо Хайтянь Машинери", "Ningbo Haitian Machinery Co., Ltd.", NINGBO, NINGBO),
    ("Hong Kong Longda Logistics Limited", "香港龍達物流有限公司", HK, "HK|香港||彌敦道200號"),
    # Japanese and Korean
    ("Sakura Trading Co., Ltd.", "サクラ商事株式会社", TOKYO, TOKYO_JA),
    ("株式会社サクラ商事", "サクラ商事(株)", TOKYO_JA, TOKYO_JA),
    ("Asahi Logistics K.K.", "アサヒ物流株式会社", TOKYO, TOKYO_JA),
    ("富士産業株式会社", "富士産業（株）", TOKYO_JA, TOKYO_JA),
    ("한빛전자 주식회사", "㈜한빛전자", SEOUL_KO, SEOUL_KO),
    ("Hanbit Electronics Co., Ltd.", "한빛전자 주식회사", SEOUL, SEOUL_KO),
    ("Daehan Logistics Co., Ltd.", "주식회사 대한물류", SEOUL, SEOUL_KO),
    ("Samseong Food Co Ltd", "삼성식품(주)", SEOUL, SEOUL_KO),
    ("Dongyang Chemical", "동양화학 주식회사", SEOUL, SEOUL_KO),
    ("Bayan Olgii Trans", "Баян-Өлгий Транс ХХК", UB, UB_MN),
    ("Shyghys Metall LLP", "Шығыс Металл ЖШС", ALMATY, ALMATY_RU),
    ("Zolotoy Kolos LLC", "ООО Золотой Колос", MOSCOW_EN, MOSCOW),
    # Latin scripts
    ("Müller Maschinenbau GmbH", "MUELLER MASCHINENBAU GMBH", MUNICH, MUNICH_EN),
    ("Mueller Maschinenbau Gesellschaft mit beschränkter Haftung", "Müller Maschinenbau GmbH",
     MUNICH, MUNICH_EN),
    ("Société Générale de Négoce du Rhin SARL", "SOCIETE GENERALE DE NEGOCE DU RHIN S.A.R.L.",
     "FR|Paris|75001|Rue de Rivoli 4", "FR|Paris|75001|4 rue de Rivoli"),
    ("Comércio de Café Ipê Ltda.", "COMERCIO DE CAFE IPE LTDA", "BR|São Paulo|01000-000|Rua A 1",
     "BR|Sao Paulo|01000000|Rua A, 1"),
    ("Aceros del Norte, S.A. de C.V.", "ACEROS DEL NORTE SA DE CV",
     "MX|Ciudad de México|06000|Calle 5", "MX|Mexico City|06000|Calle 5"),
    ("Harapan Jaya Sdn Bhd", "HARAPAN JAYA SDN. BHD.", KL, KL),
    ("Lahore Textile Mills (Pvt.) Ltd.", "Lahore Textile Mills (Private) Limited", LAHORE, LAHORE),
    ("Smith & Jones Ltd", "Smith and Jones Limited", "GB|London|EC1A 1BB|Fleet Street 1",
     "GB|London|EC1A1BB|1 Fleet Street"),
    ("Trading House Baltika, LLC", "LLC Trading House Baltika", MOSCOW_EN, MOSCOW_EN),
    ("A.B.C. Cargo Inc.", "ABC Cargo, Incorporated", "US|New York|10001|5th Ave 1",
     "US|New York|10001|5th Avenue 1"),
    ("Depot No. 7 LLC", "Depot 7 LLC", MINSK_EN, MINSK_EN),
    # a person whose given names are initials in one of the names
    ("ИП Петров И. С.", "ИП Петров Иван Сергеевич", ALMATY_RU, ALMATY_RU),
    ("IE Petrov I.S.", "ИП Петров Иван Сергеевич", ALMATY, ALMATY_RU),
)  # fmt: skip

_DIFFERENT: tuple[tuple[str, str, str, str], ...] = (
    # numbers
    ("Ningbo Trading 1 Co., Ltd.", "Ningbo Trading 11 Co., Ltd.", NINGBO, NINGBO),
    ("Ningbo Trading 1 Co., Ltd.", "Ningbo Trading Co., Ltd.", NINGBO, NINGBO),
    ("Автобаза № 2 ТОО", "Автобаза № 3 ТОО", ALMATY_RU, ALMATY_RU),
    ("Shanghai Factory II", "Shanghai Factory III", SHANGHAI, SHANGHAI),
    ("上海第一机械有限公司", "上海第二机械有限公司", SHANGHAI_ZH, SHANGHAI_ZH),
    ("Depot 7 LLC", "Depot 17 LLC", MINSK_EN, MINSK_EN),
    ("Terminal 2020 LLP", "Terminal 2021 LLP", ALMATY, ALMATY),
    # one word differs
    ("Shanghai Huaxing Trading Co Ltd", "Shanghai Huaxin Trading Co Ltd", SHANGHAI, SHANGHAI),
    ("Shanghai Yuandong Trading", "Shanghai Yuanda Trading", SHANGHAI, SHANGHAI),
    ("Shanghai Haitian", "Ningbo Haitian", SHANGHAI, NINGBO),
    ("Shanghai Haitian", "Ningbo Haitian", NOWHERE, NOWHERE),
    ("Shanghai Haitian Machinery", "Tianjin Haitian Machinery", SHANGHAI, SHANGHAI),
    ("Altan Taria LLC", "Altan Tal LLC", UB, UB),
    ("Altan Gobi LLC", "Altai Gobi LLC", UB, UB),
    ("Алтан Зам ХХК", "Алтай Зам ХХК", UB_MN, UB_MN),
    ("Алтан Зам ХХК", "Мөнгөн Зам ХХК", UB_MN, UB_MN),
    ("Khangai Trade LLC", "Khangai Zam LLC", UB, UB),
    ("Алтын Дала ЖШС", "Алтын Бала ЖШС", ALMATY_RU, ALMATY_RU),
    ("Altyn Dala LLP", "Алтын Бала ЖШС", ALMATY, ALMATY_RU),
    ("ООО «Северный Лес»", "ООО «Северный Лев»", MOSCOW, MOSCOW),
    ("Severny Les LLC", "ООО «Южный Лес»", MOSCOW_EN, MOSCOW),
    ("ООО «Вектор-М»", "ООО «Вектор-Н»", MOSCOW, MOSCOW),
    ("ООО «Вектор»", "ООО «Вектор-М»", MOSCOW, MOSCOW),
    ("Oltin Vodiy MChJ", "Oltin Vohid MChJ", TASHKENT_UZ, TASHKENT_UZ),
    ("Ala-Too Trans OsOO", "Ala-Archa Trans OsOO", BISHKEK, BISHKEK),
    ("შპს შავი ზღვა", "შპს შავი ზღარბი", TBILISI, TBILISI),
    ("Müller Maschinenbau GmbH", "Möller Maschinenbau GmbH", MUNICH, MUNICH),
    ("Meyer Logistik GmbH", "Meier Logistik GmbH", MUNICH, MUNICH),
    ("Harapan Jaya Sdn Bhd", "Harapan Raya Sdn Bhd", KL, KL),
    ("한빛전자 주식회사", "한빛나 전자 주식회사", SEOUL_KO, SEOUL_KO),
    ("한성전자 주식회사", "한선전자 주식회사", SEOUL_KO, SEOUL_KO),
    ("Hansung Electronics", "Hansun Electronics", SEOUL, SEOUL),
    # the line of business differs
    ("Altan Trade LLC", "Altan Logistics LLC", UB, UB),
    ("Altan Trade LLC", "Алтан Логистик ХХК", UB, UB_MN),
    ("Sarmat Stroy LLC", "ООО «Сармат Транс»", MOSCOW_EN, MOSCOW),
    ("宁波海天机械有限公司", "宁波海天电子有限公司", NINGBO_ZH, NINGBO_ZH),
    ("Ningbo Haitian Electronics Co Ltd", "宁波海天机械有限公司", NINGBO, NINGBO_ZH),
    ("Sakura Logistics Co., Ltd.", "サクラ商事株式会社", TOKYO, TOKYO_JA),
    ("Kavkaz Import LLC", "Kavkaz Export LLC", TBILISI_EN, TBILISI_EN),
    ("Altan Group LLC", "Altan Mining LLC", UB, UB),
    ("Altan LLC", "Altan Mining LLC", UB, UB),
    ("上海远东贸易有限公司", "上海远东商贸有限公司", SHANGHAI_ZH, SHANGHAI_ZH),
    # one sound, other characters
    ("宁波宏达机械有限公司", "宁波鸿达机械有限公司", NINGBO_ZH, NINGBO_ZH),
    ("深圳新达贸易有限公司", "深圳鑫达贸易有限公司", SHENZHEN_ZH, SHENZHEN_ZH),
    ("上海华兴贸易有限公司", "上海华星贸易有限公司", SHANGHAI_ZH, SHANGHAI_ZH),
    ("富士産業株式会社", "富士通産業株式会社", TOKYO_JA, TOKYO_JA),
    ("富士産業株式会社", "藤産業株式会社", TOKYO_JA, TOKYO_JA),
    ("Ningbo Jinfeng Textile Co., Ltd", "宁波锦丰纺织有限公司", NINGBO, NINGBO_ZH),
    ("Shanghai Huaxing Trading", "上海华星贸易有限公司", SHANGHAI, SHANGHAI_ZH),
    ("Hikari Foods", "ヒカル食品株式会社", TOKYO, TOKYO_JA),
    ("Schäfer Werkzeuge GmbH", "Schaffer Werkzeuge GmbH", MUNICH, MUNICH),
    ("Zolotoy Kolos LLC", "ООО Золотой Колокол", MOSCOW_EN, MOSCOW),
    ("Kvemo Alazani Ltd", "შპს ზემო ალაზანი", TBILISI_EN, TBILISI),
    # legal form differs
    ("ООО «Северный Лес»", "АО «Северный Лес»", MOSCOW, MOSCOW),
    ("Altan Taria JSC", "Алтан Тариа ХХК", UB, UB_MN),
    ("ТОО «Алтын Дала»", "ИП «Алтын Дала»", ALMATY_RU, ALMATY_RU),
    ("Müller Maschinenbau AG", "Müller Maschinenbau GmbH", MUNICH, MUNICH),
    ("Müller Maschinenbau KG", "Müller Maschinenbau GmbH", MUNICH, MUNICH),
    # branches, groups, places in the name
    ("上海远东贸易有限公司宁波分公司", "上海远东贸易有限公司", NINGBO_ZH, SHANGHAI_ZH),
    ("上海远东贸易有限公司分公司", "上海远东贸易有限公司", SHANGHAI_ZH, SHANGHAI_ZH),
    ("Филиал ООО «Северный Лес»", "ООО «Северный Лес»", MOSCOW, MOSCOW),
    ("Altan Taria LLC Branch Office", "Altan Taria LLC", UB, UB),
    ("Sakura Trading Shanghai Co., Ltd.", "Sakura Trading Co., Ltd.", SHANGHAI, SHANGHAI),
    ("Müller Maschinenbau Polska Sp. z o.o.", "Müller Maschinenbau GmbH", MUNICH, MUNICH),
    ("Harapan Jaya Singapore", "Harapan Jaya Malaysia", KL, KL),
    # twins elsewhere: the same name is another firm in another city or territory
    ("ООО «Заря»", "ООО «Заря»", MOSCOW, "RU|Новосибирск|630000|ул. Ленина 1"),
    ("Zarya LLC", "ООО «Заря»", "RU|Vladivostok|690000|Lenina 1", MOSCOW),
    ("Altan LLC", "Алтан ХХК", "MN|Darkhan|45000|Main street 1", UB_MN),
    ("Global Trading Ltd", "Global Trading Ltd", HK, LAHORE),
    ("Sunrise Ltd", "Sunrise Sdn Bhd", LAHORE, KL),
    ("Delta LLC", "Delta LLC", TBILISI_EN, BAKU_EN),
    ("Delta LLC", "Delta LLC", TBILISI_EN, BATUMI),
    ("Alfa Trade", "Alfa Trade", MINSK_EN, MOSCOW_EN),
    # a name alone says too little
    ("Zarya", "ООО «Заря»", NOWHERE, MOSCOW),
    ("Delta LLC", "Delta LLC", NOWHERE, NOWHERE),
    ("ИП Петров И. С.", "ИП Петров Иван Борисович", ALMATY_RU, ALMATY_RU),
    # nothing but words without weight
    ("Trading Company LLC", "ООО «Торговая компания»", MOSCOW_EN, MOSCOW),
    ("Global Trading Group Ltd", "International Trading Group Ltd", HK, HK),
    ("General Trading LLC", "General Logistics LLC", HK, HK),
    ("Import Export LLC", "Export LLC", MINSK_EN, MINSK_EN),
    # quite other names
    ("Pomir Logistics LLC", "Ala-Too Logistics LLC", DUSHANBE, BISHKEK),
    ("Shenzhen Huaxing Electronics", "上海远东贸易有限公司", SHENZHEN, SHANGHAI_ZH),
    ("Müller Maschinenbau GmbH", "Schmidt Maschinenbau GmbH", MUNICH, MUNICH),
    ("Daehan Logistics Co., Ltd.", "한빛물류 주식회사", SEOUL, SEOUL_KO),
    ("Xəzər Gəmi MMC", "Şimal Ticarət MMC", BAKU, BAKU),
)  # fmt: skip

PAIRS = tuple(
    Pair(*four, same)
    for many, same in ((_SAME, True), (_DIFFERENT, False))
    for four in many
)  # fmt: skip


def declared_place(place: str) -> DeclaredAddress | None:
    """Returns a place as a declaration gives it, or None where none is given."""
    if not place:
        return None
    territory, city, postcode, street = place.split("|")
    return DeclaredAddress(
        lines=(street,),
        city=city,
        postcode=postcode or None,
        territory=Territory(territory),
    )


def held_place(place: str) -> tuple[Address, ...]:
    """Returns a place as a register holds it."""
    if not place:
        return ()
    territory, city, postcode, street = place.split("|")
    where = Territory(territory)
    return (Address(lines=(street,), city=city, postcode=postcode or None, territory=where),)
