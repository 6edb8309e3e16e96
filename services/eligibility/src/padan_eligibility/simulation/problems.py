"""Why there is no simulation, in both languages, and what to do."""

from padan_runtime.problems import Problem, Text


def simulation_running() -> Problem:
    return Problem(
        "simulation_running",
        409,
        Text("Simulasi lain sedang berjalan.", "Another simulation is running."),
        Text("Tunggu sampai selesai, lalu coba lagi.", "Wait until it is done, then try again."),
    )


def simulation_too_long() -> Problem:
    return Problem(
        "simulation_too_long",
        422,
        Text("Simulasi ini terlalu lama, jadi dihentikan.", "This simulation took too long and was ended."),
        Text(
            "Pilih wilayah yang lebih kecil, atau coba lagi saat sistem tidak sibuk.",
            "Choose a smaller region, or try again when the system is less busy.",
        ),
    )


def simulation_backdated() -> Problem:
    return Problem(
        "simulation_backdated",
        422,
        Text("Tanggal itu sebelum data keluarganya.", "That date lies before the families' facts."),
        Text(
            "Pakai tanggal hari ini atau sesudahnya; untuk keadaan lampau, sebutkan periode yang sudah ditutup.",
            "Use today or a later date; for families as they were, name a closed period.",
        ),
    )


def simulation_past_unreadable() -> Problem:
    return Problem(
        "simulation_past_unreadable",
        503,
        Text("Riwayat sampai saat itu belum dapat dibaca.", "History up to that time cannot be read just now."),
        Text("Coba lagi sebentar lagi.", "Try again in a moment."),
    )


def candidate_missing() -> Problem:
    return Problem(
        "candidate_missing",
        422,
        Text("Tidak ada calon kebijakan atau kuota.", "There is no candidate policy or quota."),
        Text(
            "Kirim dokumen kebijakan, atau kode program dengan kuota.",
            "Send a policy document, or a programme's code with quotas.",
        ),
    )


def quota_outside_region() -> Problem:
    return Problem(
        "quota_outside_region",
        422,
        Text("Kuota itu untuk daerah di luar wilayah simulasi.", "That quota is for a place outside the region."),
        Text("Pilih wilayah yang memuat daerah itu.", "Choose a region that holds it."),
    )


def region_not_yours() -> Problem:
    return Problem(
        "region_forbidden",
        403,
        Text("Wilayah ini di luar wilayah tugas Anda.", "This region is outside the one you work for."),
        Text("Pilih wilayah di dalam wilayah tugas Anda.", "Choose a region inside your own."),
    )
