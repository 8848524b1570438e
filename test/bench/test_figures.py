"""python3 -m unittest discover -s test/bench"""

import unittest

from engines import TITLES
from figures import BARS, Engine, Row, Spread, below, figure, forms_agree, no_allocation, ratio
from networks import NETWORKS
from report import Report

ROW = Row("mixnet_s", 1, 1)


def engine(*run):
    """A round of turns of so many milliseconds, and other quantities to tell apart."""
    return Engine(run=list(run), allocations=[0], start=[3 * run[0]], memory=[10 * run[0]])


ROUNDS = {ROW: {
    "split": [engine(4, 5, 9), engine(5, 5, 5), engine(9, 9, 9)],
    "fused": [engine(4, 5, 9), engine(5, 5, 5), engine(9, 9, 9)],
    "onnxruntime": [engine(8, 20, 10), engine(20, 20, 20), engine(10, 10, 10)],
}}


class Figures(unittest.TestCase):
    def test_ratios_are_of_neighbouring_turns(self):
        self.assertEqual(ratio({ROW: {"split": [engine(4, 5, 9)], "onnxruntime": [engine(8, 20, 10)]}}, ROW, "split", "onnxruntime"), Spread(0.5, 0.5, 0.5))
        self.assertEqual(ratio(ROUNDS, ROW, "split", "onnxruntime"), Spread(0.5, 0.25, 0.9))

    def test_quantities(self):
        self.assertEqual(figure(ROUNDS, ROW, "split"), Spread(5, 5, 9))
        self.assertEqual(figure(ROUNDS, ROW, "split", "start"), Spread(15, 12, 27))
        self.assertEqual(figure(ROUNDS, ROW, "split", "memory"), Spread(50, 40, 90))

    def test_what_had_no_round_is_not_judged(self):
        self.assertIsNone(ratio(ROUNDS, ROW, "split", "openvino"))
        self.assertIsNone(figure(ROUNDS, Row("mixnet_s", 16, 1), "split"))
        self.assertIsNone(below(None, 0.5))
        self.assertIsNone(forms_agree(None))

    def test_rounds_and_turns_must_pair(self):
        with self.assertRaises(ValueError):
            ratio({ROW: {"split": [engine(1)], "fused": [engine(1)] * 2}}, ROW, "split", "fused")
        with self.assertRaises(ValueError):
            ratio({ROW: {"split": [engine(1)], "fused": [engine(1, 1)]}}, ROW, "split", "fused")

    def test_limits(self):
        self.assertTrue(below(Spread(0.5, 0.4, 0.9), 0.5))
        self.assertFalse(below(Spread(0.51, 0.4, 0.6), 0.5))
        self.assertTrue(forms_agree(Spread(0.98, 0.9, 1.1)))
        self.assertFalse(forms_agree(Spread(1.03, 1, 1.1)))
        self.assertTrue(no_allocation(Spread(0.3, 0, 1)))
        self.assertFalse(no_allocation(Spread(1, 0, 1)))

    def test_bars_name_what_exists(self):
        for bar in BARS:
            self.assertLessEqual(set(bar.networks), set(NETWORKS))
            self.assertLessEqual({bar.ours, *bar.limits}, set(TITLES))


class Markdown(unittest.TestCase):
    def test_verdicts(self):
        report = Report(ROUNDS, {"mixnet_s": 239e6}, {}, {("mixnet_s", "split"): ["step"]}, None, [("machine", "none")])
        text = report.markdown()
        self.assertIn("| MixNet-S, batch 1, 1 thread | ONNX Runtime | 5.00 | 10.00 | 0.50 (0.25 … 0.90) | ≤ 0.50 | met |", text)
        self.assertIn("| MixNet-S, batch 1, 1 thread | OpenVINO | 5.00 | – | – | ≤ 0.75 | not measured |", text)
        self.assertIn("| MixNet-S, split | 0.00 (0.00 … 0.00) | met | 1 | **not met** |", text)
        self.assertNotIn("MixNet-M, batch", text)
        self.assertNotIn("Other people's networks", text)

    def test_exported_networks_have_a_section(self):
        row = Row("vit_tiny", 1, 2)
        rounds = {**ROUNDS, row: {"split": [engine(4)], "onnxruntime": [engine(8)], "openvino": [engine(5)]}}
        text = Report(rounds, {"mixnet_s": 239e6, "vit_tiny": 1e9}, {}, {}, None, []).markdown()
        self.assertIn("| ViT-Ti/16, 2 threads | 500 | 4.00 | 8.00 | 5.00 | 0.50 (0.50 … 0.50) | 0.80 (0.80 … 0.80) |", text)
        self.assertNotIn("ViT-Ti/16, batch", text)


if __name__ == "__main__":
    unittest.main()
