"""The Alteryx half of the emulator: an Alteryx Server whose workflows run on the same lake."""
