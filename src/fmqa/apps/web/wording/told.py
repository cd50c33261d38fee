"""What the program tells the page, in Chinese: its state, refusals, errors and what to do.

The texts are written where they arise, with names and numbers in them already; a name in braces
stands for any text, and what it stood for is put into the reader's language as well.
"""

from __future__ import annotations

_STATE = {
    "{told}.": "{told}。",
    "{count} papers": "共 {count} 篇论文",
    "1 paper": "1 篇论文",
    "The last {kind}, {ago} ago, failed": "上次{kind}：{ago}前，未成功",
    "The last {kind}, {ago} ago, {ended}": "上次{kind}：{ago}前，{ended}",
    "sync": "同步",
    "ingest": "读入",
    "add": "添加",
    "went well": "顺利完成",
    "is under way": "正在进行",
    "ended early, for arXiv couldn't be reached": "因无法连接 arXiv 而提前结束",
    "was stopped; the next one goes on from there": "已停止，下次从那里继续",
    "The last sync failed: {why}": "上次同步失败：{why}",
    "A sync is under way": "正在同步",
    "The next sync is in {span}": "下次同步：{span}后",
    "a moment": "片刻",
    "1 minute": "1 分钟",
    "1 hour": "1 小时",
    "1 day": "1 天",
    "{count} minutes": "{count} 分钟",
    "{count} hours": "{count} 小时",
    "{count} days": "{count} 天",
    "Getting the library ready": "正在准备文献库",
    "Reading the starter library": "正在读取初始文献库",
}
_REFUSED = {
    "It asks for personal advice, which papers about models can't give.": (
        "问题要求个人建议，关于模型的论文无法给出。"
    ),
    "It speaks of an image or a file, and only papers' text is read here.": (
        "问题涉及图像或文件，而这里只读取论文的文字。"
    ),
    "No passage of the papers has a sentence that could be quoted.": "论文中没有可以引用的句子。",
    "None of the sentences nearest to the question seems to answer it.": (
        "与问题最接近的句子看来都没有回答它。"
    ),
    "The papers mention {names} only in passing.": "论文只是顺带提到 {names}。",
    "No paper of the library mentions {names}.": "文献库中没有论文提到 {names}。",
    "No sentence could be written that the papers' words carry.": ("写不出有论文原文支持的句子。"),
}
_NOTICES = {
    "{error} The papers' own words are shown instead. {hint}": (
        "{error} 下面改为显示论文原文。{hint}"
    ),
    "{error} The papers' own words are too far off. {hint}": (
        "{error} 论文原文离问题太远，不予显示。{hint}"
    ),
    "{error} What failed the check could not be repaired.": "{error} 未通过核对的句子未能修正。",
    "The language model finds no answer to this part: {part}.": (
        "语言模型未找到这一部分的答案：{part}。"
    ),
    "The language model's context is too small for the {count} sentences that were found; it was "
    "given {read} of them.": "语言模型的上下文容不下找到的 {count} 句，只给了它其中 {read} 句。",
    "The language model's reply was cut off; its last, unfinished sentence isn't said.": (
        "语言模型的回复被截断，未写完的最后一句不予显示。"
    ),
}
_WITHHELD = {
    "number {number} is not in the cited quote": "引文中没有数字 {number}",
    "{name} is not in the cited quote": "引文中没有 {name}",
    "the cited quote says “{word}”, and the sentence doesn't": "引文说的是“{word}”，而这句话没有",
    "“{word}” stands in the sentence or in the cited quote, not in both": (
        "这句话与引文中只有一处有“{word}”"
    ),
    "not all of it follows from the cited quote": "引文不能推出整句话",
    "the sentence is cut off": "这句话不完整",
    "there is no quote": "没有引文",
}
_BUSY = {
    "Of yours, {count} are being answered or wait already, so this one wasn't taken.": (
        "您已有 {count} 个问题正在回答或排队，未能接受这个问题。"
    ),
    "Wait until one of them is answered, or stop it.": "请等其中一个回答完，或将其停止。",
    "fmqa is about to end, so no more questions are taken.": "fmqa 即将结束，不再接受问题。",
    "Ask again in a minute or two; it may have been started anew.": (
        "请过一两分钟再问；届时它可能已重新启动。"
    ),
}
_ERRORS = {
    "The question is {count} characters long; at most {most} are taken.": (
        "问题长 {count} 个字符，最多接受 {most} 个。"
    ),
    "{text} is no year.": "{text} 不是年份。",
    "Write 2023, 2021-2023, 2023- or -2020.": "请写 2023、2021-2023、2023- 或 -2020。",
    "{name} is no filter.": "{name} 不是筛选条件。",
    "Reload the page.": "请重新加载页面。",
    "`fmqa doctor` says what is wrong and what to run.": (
        "`fmqa doctor` 会说明问题所在以及应运行的命令。"
    ),
    "Check the network, FMQA_LLM and its key, or set FMQA_LLM=none for the papers' own words.": (
        "请检查网络、FMQA_LLM 及其密钥；或设 FMQA_LLM=none，只用论文原文。"
    ),
    "Ask again, or set another model with FMQA_LLM.": "请再问一次，或用 FMQA_LLM 换一个模型。",
    "Give the server a larger context, or set another model with FMQA_LLM.": (
        "请给服务器更大的上下文，或用 FMQA_LLM 换一个模型。"
    ),
    "Ask again in {seconds} s, or check the account's quota.": (
        "请在 {seconds} 秒后再问，或检查账户的配额。"
    ),
    "The language model gave no answer.": "语言模型没有给出回答。",
    "The language model was cut off before it answered.": "语言模型尚未作答就被截断了。",
    "The language model's reply couldn't be read.": "无法读懂语言模型的回复。",
    "The language model declined to answer: “{said}”": "语言模型拒绝回答：“{said}”",
    "The server's filter took the language model's answer away.": (
        "服务器的过滤器拿掉了语言模型的回答。"
    ),
    "No quote carries what the language model wrote.": "语言模型所写的内容没有引文支持。",
    "The language model finds no answer in what seems to hold one.": (
        "语言模型在看似有答案的内容中未找到答案。"
    ),
    "Run `fmqa ingest` with PDF files or folders, or loosen the filters.": (
        "请用 `fmqa ingest` 读入 PDF 文件或文件夹，或放宽筛选条件。"
    ),
    "Run `fmqa models pull`.": "请运行 `fmqa models pull`。",
    "Wait until it has ended; questions can be asked meanwhile.": "请等它结束；期间仍可提问。",
    "Free some space and run the same command again: it goes on where it stopped.": (
        "请腾出一些空间，再运行同一命令：它会从停止处继续。"
    ),
    "Check the arXiv id or the query.": "请检查 arXiv 编号或查询。",
}
TOLD = {**_STATE, **_REFUSED, **_NOTICES, **_WITHHELD, **_BUSY, **_ERRORS}
