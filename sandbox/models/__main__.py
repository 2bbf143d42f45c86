"""`python -m sandbox.models --port N --deepseek-key-file F`: the model endpoints of the local cloud."""

import argparse
import signal
import sys
import threading
from pathlib import Path
from types import FrameType


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.models", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--deepseek-key-file", type=Path, required=True, help="file with the key callers must send")
    parser.add_argument("--answer-url", help="OpenAI-compatible base address that answers instead of the stand-in")
    parser.add_argument("--answer-key-file", type=Path, help="file with the key of --answer-url")
    parser.add_argument("--answer-model", help="model name at --answer-url")
    parser.add_argument("--weights", type=Path, help="folder of all-MiniLM-L6-v2; installed if left out")
    chosen = parser.parse_args(arguments)
    forwarding = (chosen.answer_url, chosen.answer_key_file, chosen.answer_model)
    if any(forwarding) and not all(forwarding):
        parser.error("--answer-url, --answer-key-file and --answer-model go together: give all three or none.")

    from sandbox.models.assembly import model_server
    from sandbox.models.weights import WeightsMissing, checked, weights_directory

    try:
        if chosen.weights is not None:
            weights = checked(chosen.weights)
        else:
            from sandbox.cache import cache_directory

            weights = weights_directory(cache_directory())
        server = model_server(chosen.port, weights, chosen.deepseek_key_file, *forwarding)
    except (WeightsMissing, ValueError) as reason:
        print(reason, file=sys.stderr)
        return 2
    except OSError as reason:
        print(
            f"Listening on 127.0.0.1:{chosen.port} failed: {reason.strerror}. Give another --port.",
            file=sys.stderr,
        )
        return 2

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - signal calls it with both
        # shutdown() waits for serve_forever, which runs in the thread that handles signals.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"models on http://127.0.0.1:{server.port}", flush=True)
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
