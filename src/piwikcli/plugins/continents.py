"""Which continent a country is counted in, by ISO 3166 code."""

from __future__ import annotations

_COUNTRIES = {
    "Africa": (
        "ao bf bi bj bw cd cf cg ci cm cv dj dz eg eh er et ga gh gm gn gq gw ke km lr ls ly ma mg"
        " ml mr mu mw mz na ne ng re rw sc sd sh sl sn so ss st sz td tf tg tn tz ug yt za zm zw"
    ),
    "Antarctica": ("aq bv gs hm"),
    "Asia": (
        "ae af am ap az bd bh bn bt cc cn cx ge hk id il in io iq ir jo jp kg kh kp kr kw kz la lb"
        " lk mm mn mo mv my np om ph pk ps qa sa sg sy th ti tj tl tm tw uz vn ye"
    ),
    "Central America": (
        "ag ai an aw bb bl bq bs bz cr cu cw dm do gd gp gt hn ht jm kn ky lc mf mq ms mx ni pa pr"
        " sv sx tc tt vc vg vi"
    ),
    "Europe": (
        "ad al at ax ba be bg by ch cy cz de dk ee es eu fi fo fr gb gg gi gr hr hu ie im is it je"
        " li lt lu lv mc md me mk mt nl no pl pt ro rs ru se si sj sk sm su tr ua uk va xk"
    ),
    "North America": ("bm ca gl pm us"),
    "Oceania": ("as au ck fj fm gu ki mh mp nc nf nr nu nz pf pg pn pw sb tk to tv um vu wf ws"),
    "South America": ("ar bo br cl co ec fk gf gy pe py sr uy ve"),
}

CONTINENTS: dict[str, str] = {code: continent for continent, codes in _COUNTRIES.items() for code in codes.split()}
