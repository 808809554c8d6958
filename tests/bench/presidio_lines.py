#!/usr/bin/env python3
"""Presidio over lines, with its patterns only (a language model would be slower still). Usage: presidio_lines.py FILE"""
import sys

from presidio_analyzer import predefined_recognizers as known
from presidio_anonymizer import AnonymizerEngine

FINDERS = [known.EmailRecognizer(), known.IpRecognizer(), known.UrlRecognizer()]


def main():
    anonymizer = AnonymizerEngine()
    with open(sys.argv[1], encoding="utf-8") as lines:
        for line in lines:
            found = [one for finder in FINDERS for one in finder.analyze(line, finder.supported_entities) or []]
            anonymizer.anonymize(text=line, analyzer_results=found)


if __name__ == "__main__":
    main()
