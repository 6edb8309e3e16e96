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
        f"Buka data Anda di Excel, pilih {_SAVE_ID}, lalu kirim berkas itu.",
        f"Open your data in Excel, {_SAVE_EN}, and send that file.",
    ),
    "file_is_pdf": (
        422,
        "Berkas ini PDF, bukan Excel, walaupun namanya mungkin lain.",
        "This file is a PDF and not Excel, whatever its name says.",
        "Kirim berkas Excel aslinya. Bila hanya ada PDF, ketik datanya ke dalam templat.",
        "Send the Excel file it was made from. If there is none, type the data into the template.",
    ),
    "file_is_picture": (
        422,
        "Berkas ini gambar atau foto, bukan Excel.",
        "This file is a picture and not Excel.",
        "Kirim berkas Excel aslinya. Bila hanya ada foto, ketik datanya ke dalam templat.",
        "Send the Excel file it was made from. If there is none, type the data into the template.",
    ),
    "file_is_document": (
        422,
        "Berkas ini dokumen Word atau PowerPoint, bukan Excel.",
        "This file is a Word or PowerPoint document and not Excel.",
        "Salin tabelnya ke dalam templat Excel, lalu kirim templat itu.",
        "Copy its table into the Excel template and send that.",
    ),
    "file_is_web_page": (
        422,
        "Berkas ini sebenarnya halaman web, walaupun namanya seperti berkas Excel.",
        "This file is a web page with the name of an Excel file.",
        f"Buka di Excel, pilih {_SAVE_ID}, lalu kirim berkas yang baru.",
        f"Open it in Excel, {_SAVE_EN}, and send the new file.",
    ),
    "file_is_archive": (
        422,
        "Berkas ini kumpulan berkas yang dipadatkan (ZIP atau RAR).",
        "This file is a packed folder (ZIP or RAR).",
        "Buka kumpulan itu, keluarkan berkas Excel-nya, lalu kirim berkas Excel itu saja.",
        "Unpack it and send only the Excel file inside.",
    ),
    "old_excel": (
        422,
        "Berkas ini disimpan dalam bentuk Excel lama (.xls).",
        "This file is in the old form of Excel (.xls).",
        f"Buka di Excel, pilih {_SAVE_ID}, lalu kirim berkas yang baru.",
        f"Open it in Excel, {_SAVE_EN}, and send the new file.",
    ),
    "binary_excel": (
        422,
        "Berkas ini disimpan dalam bentuk Excel biner (.xlsb).",
        "This file is in the binary form of Excel (.xlsb).",
        f"Buka di Excel, pilih {_SAVE_ID}, lalu kirim berkas yang baru.",
        f"Open it in Excel, {_SAVE_EN}, and send the new file.",
    ),
    "open_document": (
        422,
        "Berkas ini disimpan dalam bentuk LibreOffice (.ods).",
        "This file is in LibreOffice's own form (.ods).",
        "Buka di LibreOffice, pilih Simpan Sebagai, pilih jenis 'Excel 2007-365 (.xlsx)', lalu kirim berkas itu.",
        "Open it in LibreOffice, choose Save As, type 'Excel 2007-365 (.xlsx)', and send that file.",
    ),
    "file_has_password": (
        422,
        "Berkas ini dikunci dengan kata sandi.",
        "This file is locked with a password.",
        "Buka di Excel: File > Info > Lindungi Buku Kerja > Enkripsi dengan Kata Sandi, kosongkan, simpan, kirim lagi.",
        "Open it in Excel: File > Info > Protect Workbook > Encrypt with Password, empty it, save and send again.",
    ),
    "file_damaged": (
        422,
        "Berkas Excel ini rusak atau tidak terkirim utuh.",
        "This Excel file is damaged, or did not arrive whole.",
        f"Buka di Excel. Bila terbuka, pilih {_SAVE_ID}, lalu kirim yang baru. Bila tidak, pakai cadangannya.",
        f"Open it in Excel. If it opens, {_SAVE_EN}, and send the new file. If not, use your copy.",
    ),
    "file_unsafe": (
        422,
        "Susunan berkas ini tidak wajar, jadi demi keamanan tidak kami buka.",
        "This file is put together in a way that no spreadsheet does, so it was not opened.",
        f"Buka di Excel, pilih {_SAVE_ID}, lalu kirim berkas yang baru.",
        f"Open it in Excel, {_SAVE_EN}, and send the new file.",
    ),
    "file_too_large": (
        413,
        "Berkas terlalu besar untuk diolah.",
        "The file is too large to be worked with.",
        "Hapus baris dan kolom kosong di luar tabel. Bila masih terlalu besar, bagi berkas, misalnya per kecamatan.",
        "Delete the empty rows and columns outside the table. If it is still too large, split it, e.g. by district.",
    ),
    "file_empty": (
        422,
        "Berkas tidak berisi baris data.",
        "The file holds no rows.",
        "Isi paling sedikit satu baris di bawah judul kolom.",
        "Fill in at least one row below the headers.",
    ),
    "column_missing": (
        422,
        "Kolom wajib tidak ditemukan: {missing}.{found_id}{near_id}",
        "A required column is missing: {missing}.{found_en}{near_en}",
        "Samakan judul kolom dengan templat, lalu kirim lagi. Urutan kolom bebas.",
        "Name the columns as in the template and send again. Their order is free.",
    ),
    "column_twice": (
        422,
        "Ada lebih dari satu kolom {column_name}: kolom {columns}.",
        "There is more than one column {column_name}: columns {columns}.",
        "Hapus kolom yang tidak dipakai, atau ganti judulnya, supaya {column_name} hanya satu.",
        "Delete the column that is not meant, or rename it, so that {column_name} is there once.",
    ),
    "too_many_columns": (
        422,
        "Tabel ini mempunyai terlalu banyak kolom ({count}).",
        "This table has too many columns ({count}).",
        "Salin hanya kolom yang diminta ke dalam templat, lalu kirim templat itu.",
        "Copy only the columns that are asked for into the template, and send that.",
    ),
    "sheets_ambiguous": (
        422,
        "Ada beberapa lembar yang isinya sama-sama tabel {sheet}: lembar {sheets_id}.",
        "Several sheets hold a table of the kind {sheet}: sheets {sheets}.",
        "Beri nama '{sheet}' pada lembar yang dimaksud, atau hapus lembar yang lain.",
        "Name the sheet that is meant '{sheet}', or delete the others.",
    ),
    "sheet_hidden": (
        422,
        "Lembar {sheet} tersembunyi, dan lembar yang tersembunyi tidak dibaca.",
        "The sheet {sheet} is hidden, and hidden sheets are not read.",
        "Klik kanan pada nama lembar di bagian bawah Excel, pilih Tampilkan (Unhide), simpan, lalu kirim lagi.",
        "Right-click the sheets' names at the bottom of Excel, choose Unhide, save and send again.",
    ),
    "members_missing": (
        422,
        "Lembar atau berkas anggota keluarga tidak ada.",
        "The sheet or file of family members is missing.",
        "Excel: tambahkan lembar bernama 'anggota'. CSV: kirim dua berkas sekaligus, penerima dan anggota.",
        "Excel: add a sheet named 'anggota'. CSV: send two files together, recipients and members.",
    ),
    "quote_not_closed": (
        422,
        'Ada tanda kutip (") yang tidak ditutup atau salah tempat, jadi batas antarkolom tidak jelas.',
        'A quotation mark (") is not closed or misplaced, so the cells cannot be told apart.',
        'Perbaiki tanda " pada baris itu, atau simpan berkas sebagai Excel (.xlsx), lalu kirim lagi.',
        "Correct it in that row, or save the file as Excel (.xlsx), and send it again.",
    ),
    "formula_failed": (
        422,
        "Ada rumus yang gagal dan hasilnya tidak dapat dibaca.",
        "A formula failed, and its result cannot be read.",
        "Ganti rumus itu dengan isinya: ketik langsung, atau Salin lalu Tempel Khusus > Nilai, kemudian kirim lagi.",
        "Put its content in the place of the formula: type it, or Copy and Paste Special > Values, then send again.",
    ),
}
