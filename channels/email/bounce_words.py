"""The words of mail servers that tell of an undelivered mail, in many languages.

Called by `bounces` for reports that follow no standard. Words alone make no report: people write
about bounces too, so `bounces` asks for a machine's sender beside them. Linear. Never raises.
"""

from __future__ import annotations

import re

DAEMON = re.compile(
    r"mailer[-_. ]?daemon|post ?master|mail[-_. ]?deliver|mdaemon|mail ?system|"
    r"system administrator|bounces?@|<>",
    re.IGNORECASE,
)
SUBJECT = re.compile(
    r"undeliver|undelivrable|nondeliver|not delivered|deliver\w* (?:status|fail|notification|delay|"
    r"problem|error|incomplete)|(?:mail|message|failed|permanent) deliver\w*(?: (?:fail|"
    r"error|system))?|"
    r"returned? (?:mail|to sender)|delayed|fail(?:ure|ed) (?:notice|deliver|mail)|mail (?:fail|"
    r"system error)|"
    r"(?:could|can)(?: ?not|n't) (?:be )?(?:sen[dt]|deliver)|error sending|"
    r"message (?:delayed|status)|"
    r"unzustellbar|nicht zugestellt|zustellung|no entregad|no se (?:pudo|puede|ha podido) entreg|"
    r"error de entrega|mancat[ao] (?:consegna|recapito)|impossibile recapitare|non recapita|"
    r"n[aã]o (?:foi )?(?:entregue|poss[ií]vel entregar)|falha (?:na|de) entrega|"
    r"non remis|[ée]chec de (?:la )?remise|niedostarcz|nie dostarczon|niedor[eę]czon|zwrot|"
    r"onbestelbaar|niet bezorgd|kunde inte levereras|недоставлен|не доставлено|"
    r"退信|投递失败|投遞失敗|无法送达|配信不能|配送不能|配信エラー|送信エラー|"
    r"送信できません|宛先不明|반송|전송 실패",
    re.IGNORECASE,
)
BODY = re.compile(
    r"not be (?:delivered|sent)|not (?:yet )?been delivered|n't be delivered|undeliverable|"
    r"delivery (?:has |to )?.{0,40}fail|"
    r"deliver(?:e|y) to the following|permanent (?:fatal )?error|n't able to deliver|"
    r"(?:unable|failed|trouble|attempted|trying|error) (?:to )?deliver|not reach the following|"
    r"following address(?:\(?es\)?)? (?:failed|had)|transcript of session|unsent message|"
    r"delivery (?:problem|error|failure|status notification)|returned (?:below|to sender)|"
    r"recipient addresses that were|non-delivered|loop alert|mail (?:was|is) refused|"
    r"remote host said|final-recipient:|action: ?failed|rcpt to:|receiv\w* >>> ?5\d\d|"
    r"nicht (?:zugestellt|ausgeliefert)|no se (?:pudo|puede|ha podido) entregar|"
    r"non (?:[eè] stato )?possibile (?:recapitare|consegnare)|impossibile (?:recapitare|"
    r"consegnare)|"
    r"n[aã]o (?:foi poss[ií]vel|p[oô]de ser) entreg|pas pu [eê]tre (?:remis|distribu|livr)|"
    r"nie (?:mo[zż]e|mog[lł]a|zosta[lł]a) (?:zosta[cć] |by[cć] )?dostarczon|"
    r"niet (?:worden )?(?:bezorgd|afgeleverd)|не (?:было|может быть|удалось|была) доставлен|"
    r"недоставлен|无法(?:投递|送达|发送)|投递失败|無法(?:投遞|傳送|送達)|退回|退信|"
    r"配信できません|配送できません|配信する(?:こと|事)が|送信できません|届けることが|宛先|"
    r"전달(?:하지|되지) 못",
    re.IGNORECASE,
)
DELAYED = re.compile(
    r"delayed|delay\)|warning|not yet been delivered|will (?:be re|keep trying|continue|try)|"
    r"still being|temporary problem|verz[oö]gert|retras|ritard|atras|op[oó][zź]ni|отложен|"
    r"延迟|遅延",
    re.IGNORECASE,
)
# Where the returned mail begins in reports that simply append it.
RETURNED = re.compile(
    r"^[ \t]*(?:[-=*_#]{2,}.{0,60}(?:copy of|original|returned|unsent|message header|headers? of|"
    r"message follows|non-delivered|本文|元の).{0,80}|"
    r"(?:original )?message (?:headers? )?follows?\.?:?|"
    r"(?:return-path|received): ?.{1,200})$",
    re.IGNORECASE | re.MULTILINE,
)
