"""What papers are and have, in Chinese: kinds, modalities, tasks, ways of training."""

from __future__ import annotations

_KINDS = {
    "vision-only": "纯视觉",
    "vision-language": "视觉语言",
    "generalist": "通用",
    "adaptation": "适配",
    "dataset": "数据集",
    "method": "方法",
    "survey": "综述",
}
_MODALITIES = {
    "multi": "多模态",
    "X-ray": "X 线",
    "pathology": "病理",
    "ultrasound": "超声",
    "retina": "视网膜",
    "endoscopy": "内镜",
    "surgical video": "手术视频",
    "dermatology": "皮肤",
    "microscopy": "显微",
    "natural": "自然图像",
    "text": "文本",
}
_TASKS = {
    "segmentation": "分割",
    "classification": "分类",
    "detection": "检测",
    "retrieval": "检索",
    "visual question answering": "视觉问答",
    "report generation": "报告生成",
    "captioning": "图像描述",
    "representation learning": "表征学习",
    "registration": "配准",
    "prognosis": "预后",
    "generation": "生成",
    "reconstruction": "重建",
    "tracking": "跟踪",
}
_TRAINING = {
    "supervised": "监督学习",
    "self-supervised": "自监督学习",
    "image-text contrastive": "图文对比学习",
    "generative": "生成式训练",
    "instruction tuning": "指令微调",
    "fine-tuning": "微调",
    "parameter-efficient fine-tuning": "参数高效微调",
    "prompt learning": "提示学习",
    "knowledge distillation": "知识蒸馏",
    "federated learning": "联邦学习",
    "reinforcement learning": "强化学习",
    "weakly or semi-supervised": "弱监督或半监督",
    "no training": "无需训练",
}
FACETS = {**_KINDS, **_MODALITIES, **_TASKS, **_TRAINING, "note": "笔记", "pdf": "PDF 文件"}
