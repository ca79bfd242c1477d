"""`make bench`: accuracy of the whole assistant, then the encoder's precisions side by side."""

from __future__ import annotations

import asyncio

from benchmarks import encoder, evaluation

if __name__ == "__main__":
    asyncio.run(evaluation.main())
    encoder.main()
