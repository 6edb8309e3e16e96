"""What can be wrong with a photo: stable codes, words and what to do, in both languages."""

from typing import Final

# code: HTTP status, Indonesian, English, what to do in Indonesian, in English
PHOTO_FAULTS: Final[dict[str, tuple[int, str, str, str, str]]] = {
    "photo_missing": (
        422,
        "Tidak ada foto yang dikirim.",
        "No photo was sent.",
        "Pilih satu foto, lalu kirim lagi. Untuk pembuat aplikasi: isi permintaan, atau isian 'photo' pada formulir.",
        "Choose one photo and send it again. For developers: the body, or the field 'photo' of a form.",
    ),
    "photo_form_invalid": (
        422,
        "Formulir foto keliru atau terputus di tengah jalan.",
        "The form with the photo is wrong or was cut off on its way.",
        "Kirim lagi. Untuk pembuat aplikasi: multipart/form-data dengan satu isian 'photo'.",
        "Send it again. For developers: multipart/form-data with the one field 'photo'.",
    ),
    "photo_kind_unknown": (
        422,
        "Jenis foto ini tidak dikenal.",
        "This kind of photo is not known.",
        "Pilih jenisnya: house_front, house_inside, family_card, person, minutes, atau other.",
        "Choose its kind: house_front, house_inside, family_card, person, minutes or other.",
    ),
    "photo_too_large": (
        413,
        "Berkas foto ini terlalu besar.",
        "The file of this photo is too large.",
        "Pilih ukuran foto yang lebih kecil di pengaturan kamera, lalu ambil foto lagi.",
        "Choose a smaller photo size in the camera's settings and take the photo again.",
    ),
    "photo_too_many_pixels": (
        422,
        "Ukuran gambar pada foto ini terlalu besar untuk dibuka.",
        "The picture in this file is too large to be opened.",
        "Pilih resolusi yang lebih kecil di pengaturan kamera (12 megapiksel cukup), lalu ambil foto lagi.",
        "Choose a lower resolution in the camera's settings (12 megapixels are enough) and take the photo again.",
    ),
    "photo_too_small": (
        422,
        "Foto ini terlalu kecil sehingga tidak ada yang dapat diperiksa.",
        "This photo is so small that nothing on it can be checked.",
        "Kirim foto aslinya dari kamera, bukan gambar kecilnya.",
        "Send the original photo of the camera, not its small preview.",
    ),
    "photo_type": (
        415,
        "Isi berkas ini bukan foto JPEG, PNG, atau WebP.",
        "What is in this file is not a JPEG, PNG or WebP photo.",
        "Ambil foto dengan kamera HP, lalu kirim foto itu. Mengganti nama berkas tidak mengubah isinya.",
        "Take a photo with the phone's camera and send that. Renaming a file does not change what is in it.",
    ),
    "photo_too_many": (
        409,
        "Foto keluarga ini yang dikirim dalam 30 hari terakhir sudah terlalu banyak.",
        "Too many photos of this family were sent within the last 30 days.",
        "Pakai foto yang sudah ada di daftar foto keluarga itu. Bila perlu yang baru, kirim setelah foto lama lewat 30 "
        "hari.",
        "Use one that is in the list of that family's photos. A new one can be sent once older ones are 30 days old.",
    ),
    "photo_animated": (
        422,
        "Berkas ini gambar bergerak, bukan foto.",
        "This file is a moving picture, not a photo.",
        "Ambil foto biasa, lalu kirim lagi.",
        "Take an ordinary photo and send that.",
    ),
    "photo_two_files": (
        422,
        "Berkas ini berisi foto dan berkas lain sekaligus.",
        "This file is a photo and another kind of file at once.",
        "Kirim foto langsung dari kamera, tanpa diolah aplikasi lain.",
        "Send the photo straight from the camera, not through another app.",
    ),
    "photo_damaged": (
        422,
        "Foto ini rusak atau tidak lengkap.",
        "This photo is damaged or incomplete.",
        "Buka foto itu di HP. Bila tidak terbuka, ambil lagi; bila terbuka, kirim sekali lagi.",
        "Open the photo on the phone. If it does not open, take it again; if it does, send it once more.",
    ),
    "photo_failed": (
        500,
        "Foto tidak dapat dibuka karena ada gangguan di sistem kami.",
        "The photo could not be opened because something went wrong on our side.",
        "Kirim lagi. Bila terulang, hubungi pengelola sistem.",
        "Send it again. If it happens again, tell the people who run the system.",
    ),
    "photo_not_found": (
        404,
        "Foto ini tidak ada pada keluarga itu.",
        "That family has no such photo.",
        "Pilih foto dari daftar foto keluarga itu.",
        "Choose one from the list of that family's photos.",
    ),
    "photo_erased": (
        410,
        "Data keluarga ini sudah dihapus untuk selamanya, jadi fotonya tidak dapat disimpan atau dibuka.",
        "This family's data were erased for good, so its photos can be neither kept nor opened.",
        "Tidak ada yang dapat dilakukan lagi dengan foto keluarga ini.",
        "Nothing can be done with photos of this family any more.",
    ),
    "photo_lost": (
        410,
        "Foto ini tercatat, tetapi tidak ada lagi di tempat penyimpanan.",
        "This photo is on record, but no longer where photos are kept.",
        "Ambil foto yang baru, lalu kirim. Hubungi pengelola sistem.",
        "Take a new photo and send it. Tell the people who run the system.",
    ),
}
