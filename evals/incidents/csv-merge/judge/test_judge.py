import csvmerge


def test_nothing_was_ever_changed():
    assert csvmerge.summary([[]], []) == "0 records, 0 customers, last change never"


def test_an_empty_export_is_merged(tmp_path, capsys):
    source = tmp_path / "in.csv"
    source.write_text("customer,email,updated\n")
    assert csvmerge.main([str(tmp_path / "out.csv"), str(source)]) == 0
    assert (tmp_path / "out.csv").read_text().strip() == "customer,email,updated"
    assert "last change never" in capsys.readouterr().out


def test_the_newest_is_found_anywhere():
    days = ["2026-01-01", "2026-03-01", "2026-02-01"]
    merged = [{"customer": d, "email": "e", "updated": d} for d in days]
    assert csvmerge.summary([merged], merged).endswith("2026-03-01")
