"""Builds PDF files directly."""

import zlib


def pdf(*pages: str | None) -> bytes:
    """A PDF with a page for each text; an empty text makes an empty page, and None a picture without text."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    font = "<< /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"
    picture = "<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8"
    kids = []
    for text in pages:
        drawn = "q 500 0 0 700 0 0 cm /P Do Q" if text is None else f"BT /F 12 Tf 72 720 Td ({text}) Tj ET"
        stream = zlib.compress((drawn if text != "" else "").encode())
        number = len(objects) + 1
        kids.append(f"{number} 0 R")
        resources = f"<< /Font {font} /XObject << /P {number + 2} 0 R >> >>"
        page = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources {resources}"
        objects.append(f"{page} /Contents {number + 1} 0 R >>")
        head = f"<< /Length {len(stream)} /Filter /FlateDecode >>\nstream\n"
        objects.append(head + stream.decode("latin-1") + "\nendstream")
        objects.append(f"{picture} /Length 1 >>\nstream\n0\nendstream")
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(kids)}] >>"
    whole, starts = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        starts.append(len(whole))
        whole += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{start:010} 00000 n \n" for start in starts)
    size = len(objects) + 1
    end = f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(whole)}\n%%EOF"
    return f"{whole}xref\n0 {size}\n0000000000 65535 f \n{table}{end}".encode("latin-1")
