"""The page's texts in Chinese, by the part of the page that says them."""

from __future__ import annotations

from fmqa.apps.web.wording.editing import EDITING
from fmqa.apps.web.wording.facets import FACETS
from fmqa.apps.web.wording.survey import SURVEY
from fmqa.apps.web.wording.told import TOLD

_HEAD = {
    "Ask the papers": "向论文提问",
    "Checked answers on foundation models in medical imaging, each sentence with its quote, "
    "page and paper.": "关于医学影像基础模型的回答，经过核对；每句话都附有论文原文、页码和出处。",
    "Language": "语言",
    "Ask": "提问",
    "Library": "文献库",
    "Map": "图谱",
    "Trends": "趋势",
    "Changes": "变化",
}
_LIBRARY = {
    "Papers of the library": "文献库中的论文",
    "Search the papers": "搜索论文",
    "Reading the library": "正在读取文献库",
    "This paper isn’t in the library any more.": "这篇论文已不在文献库中。",
    "searched": "用于检索",
    "{references} references, {mentions} sentences that cite": (
        "{references} 条参考文献，{mentions} 句引用"
    ),
    "Hidden text, kept out of answers": "隐藏文字，不用于回答",
    "hidden text": "含隐藏文字",
    "failed": "读取失败",
    "Paper": "论文",
    "Year": "年份",
    "Kind": "类型",
    "Source": "来源",
    "Pages": "页数",
    "Passages": "段落数",
}
_FILTERS = {
    "Filters": "筛选",
    "Filters that are set": "已设的筛选条件",
    "From year": "起始年份",
    "To year": "截止年份",
    "Papers": "论文",
    "Modality": "模态",
    "Task": "任务",
    "Status": "状态",
    "Clear the filters": "清除筛选",
    "Only papers with": "仅限以下论文：",
}
_TAKEAWAY = {
    "Take away": "导出",
    "What to take": "导出内容",
    "The whole conversation": "整个对话",
}
_EXAMPLES = {
    "Segmentation": "分割",
    "How was MedSAM obtained from SAM, and on how much data?": "MedSAM 是在多少数据上训练的？",
    "What is nnU-Net?": "什么是 nnU-Net？",
    "Vision and language": "视觉与语言",
    "What data was BiomedCLIP trained on?": "BiomedCLIP 是用什么数据训练的？",
    "How does LLaVA-Med learn to talk about images?": "LLaVA-Med 是如何训练的？",
    "Pathology and retina": "病理与视网膜",
    "On how many slides was UNI trained?": "UNI 是在多少张切片上训练的？",
    "How was RETFound pre-trained?": "RETFound 是如何预训练的？",
    "Open challenges": "尚待解决的问题",
    "How can a foundation model be fine-tuned with few parameters?": "如何用少量参数微调基础模型？",
    "How is the computing cost of foundation models reduced?": "如何降低基础模型的计算成本？",
}
_BOX = {
    "Question": "问题",
    "Answer": "回答",
    "Conversation": "对话",
    "Ask about a model or method…": "询问一个模型或方法…",
    "Stop": "停止",
    "Clear": "清空",
}
_ANSWER = {
    "Understood as: {question}": "理解为：{question}",
    "Stopped.": "已停止。",
    "Stopped. What stands above was checked.": "已停止。以上内容已经核对。",
    "Waiting for the turn of this question…": "正在排队…",
    "Waiting: one question comes first…": "正在排队：前面还有 1 个问题…",
    "Waiting: {ahead} questions come first…": "正在排队：前面还有 {ahead} 个问题…",
    "Log out": "退出登录",
    "Looking through the papers…": "正在查找论文…",
    "Writing and checking the first sentence…": "正在撰写并核对第一句话…",
    "Writing and checking the next sentence…": "正在撰写并核对下一句话…",
    "Found in the papers…": "在论文中找到…",
    "Sources": "出处",
    "Source {number}": "出处 {number}",
    "second-hand: cites {cited}": "转述：引自 {cited}",
    "“{quote}” — {title}, {place}": "“{quote}” — {title}，{place}",
    "our note": "本库笔记",
    "page {page}": "第 {page} 页",
    "section {section}": "章节 {section}",
    "Open the paper": "打开论文",
    "Open the paper on arXiv": "在 arXiv 上打开论文",
    "Open page {page}": "打开第 {page} 页",
    "Open page {page} on arXiv": "在 arXiv 上打开第 {page} 页",
    "current": "现行版本",
    "superseded": "已被新版取代",
    "withdrawn": "已撤回",
    "1 drafted sentence was withheld": "有 1 句草稿未通过核对",
    "{count} drafted sentences were withheld": "有 {count} 句草稿未通过核对",
    "The papers don’t answer this.": "论文没有回答这个问题。",
    "Nearest papers": "最接近的论文",
    "1 sentence checked against the quotes": "1 句话与引文核对无误",
    "{count} sentences checked against the quotes": "{count} 句话与引文核对无误",
    "1 quote word for word": "1 句逐字引文",
    "{count} quotes word for word": "{count} 句逐字引文",
    "no language model": "未用语言模型",
    "model {model}": "模型 {model}",
}
_PROBLEMS = {
    "Nothing was asked.": "没有输入问题。",
    "Write a question, or take an example.": "请写下一个问题，或选择一个示例。",
    "Too many questions are waiting already, so this one wasn't taken.": (
        "排队的问题太多，未能接受这个问题。"
    ),
    "Ask it again in a moment.": "请稍后再问。",
    "Something went wrong in the program itself.": "程序本身出了错。",
    "The terminal that runs fmqa shows the details. Asking again may help.": (
        "详情见运行 fmqa 的终端。再问一次也许有用。"
    ),
}
_EVIDENCE = {
    "Evidence": "证据",
    "Close": "关闭",
    "The evidence can’t be fetched.": "无法取得证据。",
    "Check that fmqa still runs, and click again.": "请确认 fmqa 仍在运行，然后再点一次。",
    "This source is no longer in the library.": "该出处已不在文献库中。",
    "It was replaced or removed since the answer was given. Ask again.": (
        "给出回答之后，它已被替换或删除。请重新提问。"
    ),
    "Version": "版本",
    "Status": "状态",
    "Modality": "模态",
    "The whole note": "笔记全文",
    "In its paragraph": "所在段落",
    "On the page": "所在页面",
    "Looked up in": "查证来源",
    "Page {page} of “{title}”, the quote marked": "《{title}》第 {page} 页，引文已标出",
    "The PDF is no longer where it was read from, so only its text is shown.": (
        "PDF 文件已不在原处，因此只显示文字。"
    ),
    "The PDF was changed since it was read, so only its text is shown.": (
        "PDF 文件读入后已被更改，因此只显示文字。"
    ),
    "The page can’t be drawn, so only its text is shown.": "无法绘制该页，因此只显示文字。",
    "This page’s reader knows no places, so the quote isn’t marked on it.": (
        "读取该页时没有位置信息，因此未在页面上标出引文。"
    ),
}
_NEXT = {
    "Ask next": "接着问",
    "Ask again": "重新回答",
    "Edit": "修改",
    "Copy": "复制",
    "Copied": "已复制",
    "Cancel": "取消",
    "Good answer": "回答得好",
    "Bad answer": "回答得不好",
    "An answer is still being written.": "回答仍在撰写中。",
    "There is no such question.": "没有这个问题。",
    "There is no such answer.": "没有这个回答。",
    "What data was {name} trained on?": "{name} 是用什么数据训练的？",
    "What is the architecture of {name}?": "{name} 的架构是什么？",
    "How was {name} trained?": "{name} 是如何训练的？",
    "Which tasks does {name} solve?": "{name} 解决哪些任务？",
    "What is {name}?": "什么是 {name}？",
    "How do {name} and {other} differ?": "{name} 和 {other} 有什么不同？",
}
CHINESE = {
    **_HEAD,
    **_LIBRARY,
    **EDITING,
    **_FILTERS,
    **_TAKEAWAY,
    **_EXAMPLES,
    **_BOX,
    **_ANSWER,
    **_PROBLEMS,
    **_EVIDENCE,
    **_NEXT,
    **FACETS,
    **SURVEY,
    **TOLD,
}
