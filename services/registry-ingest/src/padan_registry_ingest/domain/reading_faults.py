"""What can be wrong with a file when it is opened: stable codes, words and what to do, in both languages.

Whoever reads them keeps a village's records and may never have heard of an encoding: short words, no jargon, and one
thing to do next. `{...}` is filled in by `fault_words`.
"""

from typing import Final

_SAVE_ID: Final = "Simpan Sebagai (Save As), pilih jenis 'Excel Workbook (*.xlsx)'"
_SAVE_EN: Final = "choose Save As, type 'Excel Workbook (*.xlsx)'"

# code: HTTP status, Indonesian, English, what to do in Indonesian, in English
READING_FAULTS: Final[dict[str, tuple[int, str, str, str, str]]] = {
    "not_a_spreadsheet": (
        422,
        "Berkas ini bukan berkas Excel (.xlsx) dan bukan CSV.",
        "This file is neither an Excel file (.xlsx) nor CSV.",
        f"Buka data Anda di Excel, pilih {_SAVE_ID}, lalu kirim berkas yang baru.",
        f"Open your data in Excel, {_SAVE_EN}, and send the new file.",
    ),
    "file_is_pdf": (
        422,
        "Berkas ini PDF, bukan Excel.",
        "This file is a PDF, not an Excel file.",
        "Kirim berkas Excel aslinya. Bila tidak ada, ketik datanya di Excel "
        "(untuk pendaftaran keluarga: di templat registration.xlsx).",
        "Send the Excel file it was made from. If there is none, type the data in Excel "
        "(to register families: in the template registration.xlsx).",
    ),
    "file_is_picture": (
        422,
        "Berkas ini gambar atau foto, bukan Excel.",
        "This file is a picture, not an Excel file.",
        "Kirim berkas Excel aslinya. Bila tidak ada, ketik datanya di Excel "
        "(untuk pendaftaran keluarga: di templat registration.xlsx).",
        "Send the Excel file it was made from. If there is none, type the data in Excel "
        "(to register families: in the template registration.xlsx).",
    ),
    "file_is_document": (
        422,
        "Berkas ini dokumen Word atau PowerPoint, bukan Excel.",
        "This file is a Word or PowerPoint document, not an Excel file.",
        "Salin tabelnya ke Excel (untuk pendaftaran keluarga: ke templat registration.xlsx), lalu kirim berkas itu.",
        "Copy the table into Excel (to register families: into the template registration.xlsx) and send that file.",
    ),
    "file_is_web_page": (
        422,
        "Berkas ini sebenarnya halaman web, bukan Excel, walaupun namanya seperti berkas Excel.",
        "This file is a web page, although its name is that of an Excel file.",
        f"Buka di Excel, pilih {_SAVE_ID}, lalu kirim berkas yang baru.",
        f"Open it in Excel, {_SAVE_EN}, and send the new file.",
    ),
    "file_is_archive": (
        422,
        "Berkas Excel-nya masih terbungkus dalam ZIP atau RAR.",
        "The Excel file is still packed inside a ZIP or RAR file.",
        "Klik kanan berkas itu, pilih Ekstrak Semua (Extract All), lalu kirim berkas Excel-nya saja.",
        "Right-click it, choose Extract All, and send only the Excel file inside.",
    ),
    "old_excel": (
        422,
        "Berkas ini disimpan sebagai Excel jenis lama (.xls).",
        "This file was saved as the old type of Excel file (.xls).",
        f"Buka di Excel, pilih {_SAVE_ID}, lalu kirim berkas yang baru.",
        f"Open it in Excel, {_SAVE_EN}, and send the new file.",
    ),
    "binary_excel": (
        422,
        "Berkas ini disimpan sebagai Excel jenis lain (.xlsb), yang tidak dapat kami baca.",
        "This file was saved as another type of Excel file (.xlsb), which we cannot read.",
        f"Buka di Excel, pilih {_SAVE_ID}, lalu kirim berkas yang baru.",
        f"Open it in Excel, {_SAVE_EN}, and send the new file.",
    ),
    "open_document": (
        422,
        "Berkas ini disimpan sebagai berkas LibreOffice (.ods), bukan Excel.",
        "This file was saved as a LibreOffice file (.ods), not as Excel.",
        "Buka di LibreOffice, pilih Simpan Sebagai (Save As), jenis 'Excel 2007-365 (.xlsx)', lalu kirim berkas itu.",
        "Open it in LibreOffice, choose Save As, type 'Excel 2007-365 (.xlsx)', and send that file.",
    ),
    "file_has_password": (
        422,
        "Berkas ini dikunci dengan kata sandi.",
        "This file is locked with a password.",
        "Buka di Excel: File > Info > Lindungi Buku Kerja (Protect Workbook) > Enkripsi dengan Kata Sandi "
        "(Encrypt with Password). Kosongkan, simpan, lalu kirim lagi.",
        "Open it in Excel: File > Info > Protect Workbook > Encrypt with Password, empty it, save and send again.",
    ),
    "file_damaged": (
        422,
        "Berkas Excel ini rusak, atau hanya terkirim sebagian.",
        "This Excel file is damaged, or only part of it arrived.",
        f"Buka di Excel. Bila terbuka, pilih {_SAVE_ID}, lalu kirim yang baru. Bila tidak, kirim salinan yang lain.",
        f"Open it in Excel. If it opens, {_SAVE_EN}, and send the new file. If not, send another copy.",
    ),
    "file_unsafe": (
        422,
        "Berkas ini tidak tersusun seperti berkas Excel biasa. Demi keamanan, berkas tidak kami buka.",
        "This file is not built like an ordinary Excel file. To be safe, we did not open it.",
        f"Buka di Excel, pilih {_SAVE_ID}, lalu kirim berkas yang baru.",
        f"Open it in Excel, {_SAVE_EN}, and send the new file.",
    ),
    "file_too_large": (
        413,
        "Berkas terlalu besar.",
        "The file is too large.",
        "Hapus baris dan kolom kosong di luar tabel. Bila masih terlalu besar, bagi menjadi beberapa berkas; "
        "anggota tetap bersama penerimanya.",
        "Delete the empty rows and columns outside the table. If it is still too large, split it into several files; "
        "members stay with their recipient.",
    ),
    "file_empty": (
        422,
        "Berkas tidak berisi baris data.",
        "The file holds no rows of data.",
        "Isi paling sedikit satu baris di bawah judul kolom, lalu kirim lagi.",
        "Fill in at least one row below the column headings, then send again.",
    ),
    "column_missing": (
        422,
        "Kolom wajib tidak ditemukan: {missing}.{found_id}{near_id}",
        "A required column is missing: {missing}.{found_en}{near_en}",
        "Tulis judul kolom wajib itu persis sama; bila kolomnya belum ada, tambahkan. Lalu kirim lagi. "
        "Urutan kolom bebas.",
        "Write the heading of the required column exactly so; if there is no such column, add it. Then send again. "
        "The order of columns does not matter.",
    ),
    "column_twice": (
        422,
        "Ada lebih dari satu kolom {column_name}: kolom {columns}.",
        "There is more than one column {column_name}: columns {columns}.",
        "Hapus kolom yang tidak dipakai, atau ganti judulnya, supaya kolom {column_name} hanya satu. Lalu kirim lagi.",
        "Delete the column you do not need, or change its heading, so that only one is {column_name}. Then send again.",
    ),
    "too_many_columns": (
        422,
        "Tabel ini mempunyai terlalu banyak kolom ({count}).",
        "This table has too many columns ({count}).",
        "Hapus kolom yang tidak diminta dan kolom kosong di sebelah kanan tabel, lalu kirim lagi.",
        "Delete the columns that are not asked for and the empty ones to the right of the table, then send again.",
    ),
    "sheets_ambiguous": (
        422,
        "Ada beberapa lembar yang berisi tabel {sheet}: lembar {sheets_id}. Kami tidak tahu mana yang benar.",
        "Several sheets hold a table of the kind {sheet}: sheets {sheets}. We cannot tell which one is right.",
        "Ganti nama lembar yang benar menjadi '{sheet}', atau hapus lembar yang lain. Lalu kirim lagi.",
        "Rename the right sheet to '{sheet}', or delete the others. Then send again.",
    ),
    "sheet_hidden": (
        422,
        "Lembar {sheet} tersembunyi, dan lembar yang tersembunyi tidak dibaca.",
        "The sheet {sheet} is hidden, and hidden sheets are not read.",
        "Klik kanan nama lembar mana pun di bagian bawah Excel, pilih Tampilkan (Unhide), pilih lembar itu, simpan, "
        "lalu kirim lagi.",
        "Right-click any sheet's name at the bottom of Excel, choose Unhide, pick that sheet, save and send again.",
    ),
    "members_missing": (
        422,
        "Data anggota keluarga tidak ada.",
        "The data of the family members is missing.",
        "Excel: tambahkan lembar bernama 'anggota' dan isi. CSV: kirim dua berkas bersama-sama, penerima dan anggota.",
        "Excel: add a sheet named 'anggota' and fill it in. CSV: send two files together, recipients and members.",
    ),
    "quote_not_closed": (
        422,
        'Ada tanda kutip (") yang tidak ada pasangannya atau salah tempat, jadi batas antarkolom tidak jelas.',
        'A quotation mark (") has no partner or is in the wrong place, so the cells cannot be told apart.',
        'Hapus tanda " pada baris itu, atau kirim datanya sebagai berkas Excel (.xlsx).',
        "Remove it from that row, or send the data as an Excel file (.xlsx).",
    ),
    "formula_failed": (
        422,
        "Ada rumus yang gagal dan hasilnya tidak dapat dibaca.",
        "A formula failed, and its result cannot be read.",
        "Hapus rumus pada sel itu, ketik isinya langsung, simpan, lalu kirim lagi.",
        "Delete the formula in that cell, type the content itself, save and send again.",
    ),
}
