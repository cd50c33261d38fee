"""The survey's tabs in Chinese: map, trends, changes."""

from __future__ import annotations

_MAP = {
    "Find": "查找",
    "model, title or task": "模型、标题或任务",
    "Modality": "模态",
    "From year": "起始年份",
    "To year": "截止年份",
    "Drawing the map…": "正在绘制图谱…",
    "Map of {count} papers in {groups} groups; the table has them as text.": (
        "{groups} 组共 {count} 篇论文的图谱；表格以文字列出同样的论文。"
    ),
    "Zoom in": "放大",
    "Zoom out": "缩小",
    "Show all": "显示全部",
    "on its own": "未归组",
    "Group": "组",
    "Group: {name}": "所属组：{name}",
    "Cited by, here": "被本库引用数",
    "The {count} papers of the map, as a table": "图谱中的 {count} 篇论文（表格）",
    "Nearest in content": "内容最接近的论文",
    "Cites": "引用",
    "Cited by": "被引用于",
}
_TRENDS = {
    "Papers by": "论文按",
    "Task": "任务",
    "Training": "训练策略",
    "Data sets": "数据集",
    "Model size": "模型规模",
    "Pre-training data": "预训练数据",
    "What the review cites beside what came since": "综述引用的论文与其后的论文对照",
    "Counting papers…": "正在统计论文…",
    "Papers a year, by kind": "每年论文数：按类型",
    "Papers a year, by imaging modality": "每年论文数：按影像模态",
    "Papers a year, by downstream task": "每年论文数：按下游任务",
    "Papers a year, by training strategy": "每年论文数：按训练策略",
    "Papers a year that use a data set": "每年使用各数据集的论文数",
    "Model size, in parameters": "模型规模（参数量）",
    "Pre-training data, in images, pairs or other samples": "预训练数据量（图像、图文对等）",
    "Cited by the review": "综述引用",
    "Since the review": "综述之后",
    "Neither": "两者皆非",
    "All papers": "全部论文",
    "No paper here is cited by the review, or came after it.": (
        "本库中没有综述引用的论文，也没有综述之后的论文。"
    ),
    "No paper.": "没有论文。",
    "{count} of {all} papers.": "{all} 篇论文中的 {count} 篇。",
    "{count} don’t say.": "{count} 篇未说明。",
    "{count} have no year.": "{count} 篇没有年份。",
    "{count} more in the table.": "其余 {count} 项见表格。",
    "{value}: {count} papers, {first} to {last}": "{value}：{first} 至 {last} 年共 {count} 篇",
    "1 paper": "1 篇论文",
    "{count} papers": "{count} 篇论文",
    "kind not known": "类型未知",
    "median of a year": "年度中位数",
    "The numbers as a table": "数据表格",
    "Value": "取值",
    "All": "合计",
    "Published": "发表日期",
    "Amount": "数量",
}
_CHANGES = {
    "Comparing papers…": "正在比较论文…",
    "New papers: {count}": "新论文：{count}",
    "Changed figures: {count}": "改动的数字：{count}",
    "Contradictions: {count}": "相互矛盾：{count}",
    "Papers here that the review cites: {count}": "本库中被综述引用的论文：{count}",
    "New papers": "新论文",
    "Challenges with new solutions": "有了新解决方案的难题",
    "first here": "首次提出",
    "New versions with other figures": "数字有改动的新版本",
    "Papers that contradict each other": "相互矛盾的论文",
}

SURVEY = {**_MAP, **_TRENDS, **_CHANGES}
