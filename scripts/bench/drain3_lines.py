# python drain3_lines.py FILE: drain3 over the lines of a file, with a few masks and with those of its examples; one JSON object per line.
import json
import logging
import sys
import time

from drain3 import TemplateMiner
from drain3.masking import MaskingInstruction
from drain3.template_miner_config import TemplateMinerConfig

EDGE = r"((?<=[^A-Za-z0-9])|^)", r"((?=[^A-Za-z0-9])|$)"
SETS = (
    ("drain3, 3 masks (number, hex, IP)", [(r"\d{1,3}(\.\d{1,3}){3}", "IP"), (r"0x[0-9a-fA-F]+", "HEX"), (r"\b\d+\b", "NUM")]),
    (
        "drain3, its example masks",
        [
            (EDGE[0] + r"(([0-9a-f]{2,}:){3,}([0-9a-f]{2,}))" + EDGE[1], "ID"),
            (EDGE[0] + r"(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})" + EDGE[1], "IP"),
            (EDGE[0] + r"([0-9a-f]{6,} ?){3,}" + EDGE[1], "SEQ"),
            (EDGE[0] + r"([0-9A-F]{4} ?){4,}" + EDGE[1], "SEQ"),
            (EDGE[0] + r"(0x[a-f0-9A-F]+)" + EDGE[1], "HEX"),
            (EDGE[0] + r"([\-\+]?\d+)" + EDGE[1], "NUM"),
        ],
    ),
)

logging.disable(logging.CRITICAL)
with open(sys.argv[1], encoding="utf-8") as handle:
    lines = handle.read().split("\n")
for name, masks in SETS:
    config = TemplateMinerConfig()
    config.profiling_enabled = False
    config.masking_instructions = [MaskingInstruction(pattern, mask) for pattern, mask in masks]
    miner = TemplateMiner(config=config)
    started = time.process_time()
    for line in lines:
        miner.add_log_message(line)
    seconds = time.process_time() - started
    print(json.dumps({"name": name, "linesPerCpuSecond": round(len(lines) / seconds), "patterns": len(miner.drain.clusters)}))
