"""The command line of the engine's Java."""

from __future__ import annotations

from pathlib import Path

from sandbox.engine.java import Java
from sandbox.engine.line import Line

# During a start, Java's second compiler takes as much processor time as everything else together. The serial collector
# takes a tenth less than G1. The verification of the bytecode of 20,000 classes takes a tenth, too; Java 25 counts its
# switch among the diagnostic options.
_QUICK_START = [
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-Xms512m",
    "-XX:+UnlockDiagnosticVMOptions",
    "-XX:-BytecodeVerificationRemote",
]
_LONG_RUN = ["-Xms256m", "-XX:+UseG1GC", "-XX:G1ReservePercent=25", "-XX:InitiatingHeapOccupancyPercent=30"]


def command(line: Line, home: Path, java: Java, folder: Path, *, optimize: bool = False) -> list[str]:
    """The command that `bin/opensearch` runs at its end, without the short Java processes before it.

    Args:
        line: The line whose Java options are added.
        home: The folder of the assembled engine.
        java: The Java that runs it.
        folder: The folder of the instance, with `config`, `data`, `logs` and `scratch`.
        optimize: Whether the engine is tuned for a long run: compiled for speed, with a heap of 2 GiB instead of 1 GiB.
            The start then takes twice the processor time.
    """
    if optimize:
        vectors = "jdk.incubator.vector"  # Java's first compiler does not use it.
        speed = [*_LONG_RUN, *([f"--add-modules={vectors}"] if vectors in java.modules else [])]
    else:
        speed = _QUICK_START
    return [
        str(java.executable),
        *speed,
        "-Xmx2g" if optimize else "-Xmx1g",
        "-Xss1m",
        "-XX:-OmitStackTraceInFastThrow",
        "-XX:+ExitOnOutOfMemoryError",
        f"-XX:ErrorFile={folder}/logs/hs_err_pid%p.log",
        f"-Djava.io.tmpdir={folder}/scratch",
        f"-Duser.home={folder}/data",
        "-Djava.awt.headless=true",
        "-Djava.locale.providers=SPI,CLDR",
        "-Dfile.encoding=UTF-8",
        "-Djna.nosys=true",
        "-Dio.netty.noUnsafe=true",
        "-Dio.netty.noKeySetOptimization=true",
        "-Dio.netty.recycler.maxCapacityPerThread=0",
        "-Dio.netty.allocator.numDirectArenas=0",
        "-Dlog4j.shutdownHookEnabled=false",
        "-Dlog4j2.disable.jmx=true",
        "-Dopensearch.networkaddress.cache.ttl=60",
        "-Dopensearch.networkaddress.cache.negative.ttl=10",
        "-Dorg.apache.lucene.store.MMapDirectory.sharedArenaMaxPermits=1",
        *(option.format(home=home) for option in line.java.options),
        f"-Dopensearch.path.home={home}",
        f"-Dopensearch.path.conf={folder}/config",
        "-Dopensearch.distribution.type=zip",
        "-Dopensearch.bundled_jdk=false",
        "-cp",
        f"{home}/lib/*",
        "org.opensearch.bootstrap.OpenSearch",
    ]
