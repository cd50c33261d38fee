"""The texts of what changes the library, in Chinese."""

from __future__ import annotations

EDITING = {
    "arXiv ids or addresses": "arXiv 编号或网址",
    "Add": "添加",
    "Upload PDFs": "上传 PDF",
    "Sync now": "立即同步",
    "Remove this paper…": "移除这篇论文…",
    "Remove": "移除",
    "Keep": "保留",
    "Remove “{title}” from the library?": "要从文献库中移除《{title}》吗？",
    "It isn’t searched any more, and no sync brings it back. Its PDF stays; adding it again undoes "
    "this.": "移除后不再检索，同步也不会恢复。PDF 文件会保留；重新添加即可恢复。",
    "What changed in the library": "文献库的变更记录",
    "Adding papers from arXiv": "正在从 arXiv 添加论文",
    "Adding uploaded PDFs": "正在添加上传的 PDF",
    "Syncing with arXiv": "正在与 arXiv 同步",
    "Removing a paper": "正在移除论文",
    "Stopping…": "正在停止…",
    "Stopped. What was committed stays, and the next time goes on from there.": (
        "已停止。已写入的内容会保留，下次从那里继续。"
    ),
    "The terminal that runs fmqa shows the details.": "详情见运行 fmqa 的终端。",
    "Nothing has changed.": "没有变化。",
    "… and {count} more": "… 另有 {count} 项",
    "An uploaded PDF": "上传的 PDF",
    # What a run does, step by step.
    "Fetching from arXiv": "从 arXiv 下载",
    "Reading and embedding": "读取并建立向量",
    "Looking up titles": "查找标题",
    "Asking arXiv about papers": "向 arXiv 查询论文",
    "Asking arXiv for new papers": "向 arXiv 查询新论文",
    # What became of a paper.
    "In the library already": "已在文献库中",
    "New version": "新版本",
    "Standing again": "恢复有效",
    "Withdrawn, left out": "已撤回，未收录",
    "Failed before": "此前失败",
    "A newer version of this paper is searched in its place.": "文献库检索的是这篇论文的更新版本。",
    # The changelog's kinds.
    "Added": "新增",
    "New versions": "新版本",
    "Withdrawn": "已撤回",
    "Restored": "恢复有效",
    "Removed": "已移除",
    "Followed": "开始跟踪",
    "No longer followed": "不再跟踪",
    "New references": "新参考文献",
    "Failed": "失败",
    "Hidden text": "含隐藏文字",
    "Runs": "运行",
    # Files that can't be had, and what to do.
    "The file is no PDF, whatever its name says.": "无论文件名如何，该文件不是 PDF。",
    "Upload the paper's PDF.": "请上传论文的 PDF。",
    "Have its text recognised (OCR) first, and upload it again.": "请先做文字识别 (OCR)，再上传。",
    "Look for another PDF of the paper.": "请另找这篇论文的 PDF。",
    "Save it without its password, and upload it again.": "请去掉密码后保存，再上传。",
    "Open it in a PDF viewer: when that fails too, fetch the file again.": (
        "请用 PDF 阅读器打开；如果也打不开，请重新下载该文件。"
    ),
    "Print it to a new PDF, which is often simpler, or raise FMQA_READ_SECONDS.": (
        "请打印成新的 PDF（通常更简单），或调高 FMQA_READ_SECONDS。"
    ),
    "Leave out pages or images, or raise FMQA_READ_MAX_MB or FMQA_READ_MAX_PAGES.": (
        "请减少页数或图片，或调高 FMQA_READ_MAX_MB 或 FMQA_READ_MAX_PAGES。"
    ),
    "Leave out pages or images, or raise FMQA_UPLOAD_MAX_MB.": (
        "请减少页数或图片，或调高 FMQA_UPLOAD_MAX_MB。"
    ),
}
